/** A job whose report waits to be sent together with others, and whose leftover code then blocks the thread. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

Deno.test("a job that has ended is not run again because code it left behind blocks its thread at once", async () => {
  await using system = await testSystem({ CONSUMERS: "1" });
  const { queue, until } = system;
  const short = Array.from(
    { length: 80 },
    (_, i) => ({ id: `short ${i}`, kind: "litter", payload: "nothing" }),
  );
  await queue.add(short);
  await eventually(
    "many are prefetched",
    async () => (await queue.stats()).counts.COMPLETED === short.length,
  );
  await queue.add([{ id: "loops", kind: "loops_soon" }, { id: "next", kind: "plain", payload: 100 }]);
  await until("next", ({ status }) => status === "COMPLETED");
  const { status, crashes } = await until("loops", (job) => job.status !== "PROCESSING");
  const { history } = await queue.get("loops");
  // A job that runs again has a line about the attempt that was cut short.
  assert.deepEqual({ status, crashes, history }, { status: "COMPLETED", crashes: 0, history: [] });
});
