/** The binary holds what is loaded at run time: threads, handlers, pages' files. Read from the compiler's own list. */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("deno task compile embeds the threads, the handlers and the pages, and no tool of the tests", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const [deno, ...words] = String(tasks.compile.command).split(" ");
  assert.equal(deno, "deno");
  await using folder = await tempFolder();
  const output = words.indexOf("--output") + 1;
  const args = words.with(output, folder.file("binary"));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "--no-check", ...args.slice(1)],
    cwd: ROOT,
    // The base of a binary is not always available; with this one the list is the same, but the result does not run.
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  const list = new TextDecoder().decode(stderr);
  assert.equal(code, 0, list);
  for (
    const file of [
      "consumer.ts",
      "producer.ts",
      "main.ts",
      "handlers",
      "static",
      "sqlite",
      "postgres",
      "redis",
      "hono",
      "preact",
    ]
  ) {
    assert.match(list, new RegExp(`─ (@\\w+/)?${file}[/. ]|─ ${file}`), `${file} is missing in\n${list}`);
  }
  // A folder that is embedded whole is shown as one line.
  assert.match(list, /sqlite\/\*|check_thread\.ts/);
  for (const tool of ["playwright-core", "@sparticuz", "axe-core"]) {
    assert.doesNotMatch(list, new RegExp(tool));
  }
});
