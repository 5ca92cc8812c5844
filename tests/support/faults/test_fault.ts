import assert from "node:assert/strict";
import { type Fault, suffer } from "../../faults/fault.ts";
import { printedRandom } from "../random.ts";

/** A row of the fault plan as a test: as many tries as every test run gets. */
export function testFault(fault: Fault): void {
  const { letter, title, tries } = fault;
  Deno.test(`fault ${letter}: ${title} (${tries.each}×), and no promise is broken`, async () => {
    const random = printedRandom(`fault ${letter}`);
    const suffered = await suffer(fault, { random, tries: tries.each });
    assert.deepEqual(suffered.violations, []);
  });
}
