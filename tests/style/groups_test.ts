import assert from "node:assert/strict";
import { FAULTS } from "../faults/faults.ts";
import { BESIDE_ON_SERVERS, dependsOnBackend, GROUPS, ON_SERVERS } from "../groups.ts";
import { sourceFiles } from "./source_files.ts";

const named = GROUPS.flat();

Deno.test("every test is in exactly one of the groups", async () => {
  const tests = (await sourceFiles()).map(({ path }) => path).filter((path) => path.endsWith("_test.ts"));
  assert.ok(tests.length > 100);
  const files = named.filter((name) => name.endsWith(".ts") && !name.endsWith("/faults_test.ts"));
  assert.deepEqual([...files, "tests/faults/faults_test.ts"].sort(), tests.sort());
});

Deno.test("every fault is in exactly one of the groups", () => {
  const letters = new Set(FAULTS.map(({ letter }) => letter));
  // The simulation has its own file.
  letters.delete("A");
  assert.deepEqual(named.filter((name) => !name.endsWith(".ts")).sort(), [...letters].sort());
});

Deno.test("what runs on servers in each run exists, and is not about SQLite itself", () => {
  const chosen = [ON_SERVERS, BESIDE_ON_SERVERS].flatMap((groups) => Object.values(groups).flat());
  assert.deepEqual(chosen.filter((group) => !dependsOnBackend(group)), []);
  const words = chosen.flat();
  const files = words.filter((word) => word.endsWith(".ts"));
  assert.deepEqual(files.filter((file) => !named.includes(file)), []);
  const letters = words.filter((word) => !word.endsWith(".ts")).map((word) => word.slice(0, 1));
  const elsewhere = FAULTS.filter(({ about }) => about === undefined).map(({ letter }) => letter);
  assert.ok(letters.length > 3);
  assert.deepEqual(letters.filter((letter) => !elsewhere.includes(letter)), []);
});
