/**
 * The fault plan, with as many tries of each fault as every test run gets; or only the faults whose letters are given:
 * `deno task test tests/faults/faults_test.ts -- B D`. `B40`: at most 40 tries. (The storms of the simulation have their
 * own test.)
 */
import assert from "node:assert/strict";
import { printedRandom } from "../support/random.ts";
import { isTried, suffer } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { simulation } from "./simulation/simulation_fault.ts";

/** How many tries are enough, by letter. */
const asked = new Map(
  Deno.args.flatMap((arg) => {
    const [, letter, tries] = /^([A-Z])(\d*)$/.exec(arg) ?? [];
    return letter === undefined ? [] : [[letter, tries ? Number(tries) : Infinity] as const];
  }),
);

for (const fault of FAULTS) {
  const { letter, title } = fault;
  if (fault === simulation || (asked.size > 0 && !asked.has(letter))) continue;
  const tries = Math.min(fault.tries.each, asked.get(letter) ?? Infinity);
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
