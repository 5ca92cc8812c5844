/** Changes that a job makes to the globals of its thread, as later jobs see them. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

const WHOLE = JSON.stringify({ names: ["0"], map: [2, 4, 6], text: "not", parsed: [1], isLate: true });

/** Short jobs of one kind that change nothing: enough that not every one of them is still checked. */
function harmless(name: string, kind: "litter" | "plain", count: number) {
  const payload = kind === "litter" ? "nothing" : 0;
  return Array.from({ length: count }, (_, i) => ({ id: `${name} ${i}`, kind, payload }));
}

for (const way of ["prototypes", "the clock", "setTimeout", "an iterator"]) {
  Deno.test(`a short job after many of its kind changes a global (${way}): later jobs of another kind do not see it`, async () => {
    await using system = await testSystem({ CONSUMERS: "1" });
    const { queue } = system;
    const completed = async (count: number) => (await queue.stats()).counts.COMPLETED === count;
    await queue.add([...harmless("warm litter", "litter", 40), ...harmless("warm plain", "plain", 40)]);
    await eventually("all are warm", () => completed(80));
    const before = harmless("before", "litter", 40);
    await queue.add([
      ...before,
      { id: "changes", kind: "litter", payload: way },
      ...harmless("after", "plain", 10),
    ]);
    await eventually("all are done", () => completed(131));
    for (let i = 0; i < 10; i++) assert.equal((await queue.get(`after ${i}`)).job.result, WHOLE);
    await system.stop();
    const told = system.logLines("jobqueue").filter((line) => line.includes("that was put back"));
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0] ?? "", /kind litter\)? changed /);
  });
}
