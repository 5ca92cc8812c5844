/** A job that breaks, for good, what its report and the rest of its thread need. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { WAYS } from "../support/handlers/breaks.ts";
import { testSystem } from "../support/system/test_system.ts";

for (const way of Object.keys(WAYS)) {
  Deno.test(`a job that breaks ${way} for good is reported, and only its thread ends with it`, async () => {
    // On a busy machine a healthy thread may be silent for longer than the tests call a stall.
    await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "none", STALL_MS: "60000" });
    const { queue, supervisor } = system;
    await queue.add([
      { id: "before", kind: "plain", payload: 1 },
      { id: "breaks", kind: "breaks", payload: way },
      { id: "after", kind: "plain", payload: 1 },
    ]);
    await eventually("all have ended", async () => (await queue.stats()).counts.COMPLETED === 3, {
      withinMs: 20_000,
    });
    const { job } = await queue.get("breaks");
    assert.deepEqual([job.retries, job.crashes, job.error], [0, 0, null]);
    assert.equal((await queue.get("after")).job.result, (await queue.get("before")).job.result);
    assert.equal(supervisor.view().consumers[0]?.restarts, 1);
    await system.stop();
    const told = system.logLines("jobqueue").filter((line) => line.includes("which nothing can put back"));
    assert.equal(told.length, 1, told.join("\n"));
  });
}
