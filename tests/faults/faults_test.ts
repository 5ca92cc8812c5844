/**
 * The fault plan, as many tries of each fault as every test run gets; or only faults whose letters are given:
 * `deno task test tests/faults/faults_test.ts -- B D`. (The storms of the simulation have a test beside them.)
 */
import assert from "node:assert/strict";
import { printedRandom } from "../support/random.ts";
import { suffer } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { simulation } from "./simulation/simulation_fault.ts";

const letters = Deno.args.filter((arg) => /^[A-Z]$/.test(arg));

for (const fault of FAULTS) {
  const { letter, title, tries } = fault;
  if (fault === simulation || (letters.length > 0 && !letters.includes(letter))) continue;
  Deno.test(`fault ${letter}: ${title} (${tries.each}×), and no promise is broken`, async () => {
    const random = printedRandom(`fault ${letter}`);
    const suffered = await suffer(fault, { random, tries: tries.each });
    assert.deepEqual(suffered.violations, []);
  });
}
