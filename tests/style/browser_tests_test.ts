/** What only the browser tests need is listed and locked separately: a first start of the product fetches none of it. */
import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

interface ImportMap {
  readonly imports: Record<string, string>;
}

async function importsIn(path: string): Promise<Record<string, string>> {
  return (JSON.parse(await Deno.readTextFile(new URL(path, ROOT))) as ImportMap).imports;
}

Deno.test("the browser tests use the product's packages, in the same versions", async () => {
  const ours = await importsIn("deno.json");
  const theirs = await importsIn("tests/import_map.json");
  assert.deepEqual(
    { ...theirs, ...ours },
    theirs,
    'copy the change to tests/import_map.json, then "deno task lock-tests"',
  );
  // `hono/` stands for every path that begins with it, in its own form.
  for (const [name, target] of Object.entries(theirs).filter(([name]) => name.endsWith("/"))) {
    assert.equal(target, ours[name.slice(0, -1)]?.replace("npm:", "npm:/") + "/");
  }
});

Deno.test("the browser tests pass the type check, and their lock is complete", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-run",
      "--import-map=tests/import_map.json",
      "--lock=tests/deno.lock",
      "tests/browser",
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("neither the product's imports nor its lock name a browser or a tool of the tests", async () => {
  for (const file of ["deno.json", "deno.lock"]) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    assert.doesNotMatch(text, /"(?:npm:)?(?:playwright-core|@sparticuz\/chromium|axe-core)@/, file);
  }
});
