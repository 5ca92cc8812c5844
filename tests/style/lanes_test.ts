import assert from "node:assert/strict";
import { LANES } from "../run_all.ts";
import { sourceFiles } from "../support/source_files.ts";

Deno.test("every test is in one of the lanes, and in one only", async () => {
  const tests = (await sourceFiles()).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  const lanesOf = (path: string) =>
    LANES.flat().filter((part) => path === part || path.startsWith(`${part}/`)).length;
  assert.ok(tests.length > 100);
  assert.deepEqual(tests.filter((path) => lanesOf(path) !== 1), []);
});
