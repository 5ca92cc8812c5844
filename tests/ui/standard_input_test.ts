/** What the commands read from standard input. */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;
/** `"Müller"` in Latin 1. */
const LATIN_1 = new Uint8Array([0x22, 0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72, 0x22]);

async function jobs(cwd: string, input: Uint8Array<ArrayBuffer>, ...args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", MAIN, "jobs", ...args],
    ...{ cwd, env: { NO_COLOR: "1" }, stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

sqliteTest("a payload or a URL that is not UTF-8 is refused instead of being changed", async () => {
  await using folder = await tempFolder();
  for (const args of [["add", "a", "--payload", "-"], ["move", "--to", "-"]]) {
    const { code, err } = await jobs(folder.path, LATIN_1, ...args);
    assert.equal(code, 2, err);
    assert.match(err, /^Standard input is not UTF-8: convert it first/);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
  const utf8 = new TextEncoder().encode('"Müller"');
  const added = await jobs(folder.path, utf8, "add", "data/files/a.txt", "--payload", "-", "--json");
  assert.equal(added.code, 0, added.err);
  assert.equal(JSON.parse(added.out).jobs[0].payload, "Müller");
});
