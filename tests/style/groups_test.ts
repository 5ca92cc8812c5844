import assert from "node:assert/strict";
import { FAULTS } from "../faults/faults.ts";
import { GROUPS } from "../groups.ts";
import { sourceFiles } from "./source_files.ts";

const named = GROUPS.flat();

Deno.test("every test is in one of the groups, and in one only", async () => {
  const tests = (await sourceFiles()).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  assert.ok(tests.length > 100);
  const files = named.filter((name) => name.endsWith(".ts") && !name.endsWith("/faults_test.ts"));
  assert.deepEqual([...files, "tests/faults/faults_test.ts"].sort(), tests.sort());
});

Deno.test("every fault is in one of the groups, and in one only", () => {
  const letters = new Set(FAULTS.map(({ letter }) => letter));
  // The simulation has a file.
  letters.delete("A");
  assert.deepEqual(named.filter((name) => !name.endsWith(".ts")).sort(), [...letters].sort());
});
