import assert from "node:assert/strict";
import { GROUPS } from "../run_all.ts";
import { sourceFiles } from "./source_files.ts";

Deno.test("every test is in one of the groups, and in one only", async () => {
  const tests = (await sourceFiles()).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  assert.ok(tests.length > 100);
  assert.deepEqual(GROUPS.flat().sort(), tests.sort());
});
