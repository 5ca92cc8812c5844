import assert from "node:assert/strict";
import { BESIDE, GROUPS } from "../run_all.ts";
import { sourceFiles } from "../support/source_files.ts";

Deno.test("every test is in one of the groups, and in one only", async () => {
  const tests = (await sourceFiles()).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  const groupsOf = (path: string) =>
    GROUPS.filter((group) => path === group || path.startsWith(`${group}/`)).length;
  assert.ok(tests.length > 100);
  assert.deepEqual(tests.filter((path) => groupsOf(path) !== 1), []);
  assert.ok(GROUPS.includes(BESIDE));
});
