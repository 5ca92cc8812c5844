/**
 * The fault plan, as many tries of each fault as every test run gets; or only faults whose letters are given:
 * `deno task test tests/faults/faults_test.ts -- B D`. A number is the most tries that each gets. (The storms of the
 * simulation have a test beside them.)
 */
import assert from "node:assert/strict";
import { printedRandom } from "../support/random.ts";
import { isTried, suffer } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { simulation } from "./simulation/simulation_fault.ts";

const letters = Deno.args.filter((arg) => /^[A-Z]$/.test(arg));
const most = Number(Deno.args.find((arg) => /^\d+$/.test(arg)) ?? Infinity);

for (const fault of FAULTS) {
  const { letter, title } = fault;
  const tries = Math.min(fault.tries.each, most);
  if (fault === simulation || (letters.length > 0 && !letters.includes(letter))) continue;
  Deno.test({
    name: `fault ${letter}: ${title} (${tries}×), and no promise is broken`,
    ignore: !isTried(fault),
    async fn() {
      const random = printedRandom(`fault ${letter}`);
      const suffered = await suffer(fault, { random, tries });
      assert.deepEqual(suffered.violations, []);
    },
  });
}
