/** What a job replaces in its thread that the thread's own code relies on. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

const SPOILT: Readonly<Record<string, string>> = {
  "the methods of async contexts": "async contexts",
  "Math.round, and fails": "Math.round before it fails",
};

for (const [what, payload] of Object.entries(SPOILT)) {
  Deno.test(`a job that replaces ${what} costs no other job a retry or a crash`, async () => {
    // On a busy machine a healthy thread may be silent for longer than the tests call a stall.
    await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "20", STALL_MS: "60000" });
    const { queue } = system;
    const others = Array.from(
      { length: 20 },
      (_, i) => ({ id: `other ${i}`, kind: "plain", payload: i % 3 }),
    );
    await queue.add([...others.slice(10), { id: "spoils", kind: "litter", payload }, ...others.slice(0, 10)]);
    await eventually("all have ended", async () => {
      const { PENDING, PROCESSING } = (await queue.stats()).counts;
      return PENDING + PROCESSING === 0;
    }, { withinMs: 30_000 });
    for (const { id } of [...others, { id: "spoils" }]) {
      const { status, retries, crashes, error } = (await queue.get(id)).job;
      const isCharged = id === "spoils" && payload.includes("fails");
      assert.deepEqual([id, crashes], [id, 0]);
      if (!isCharged) assert.deepEqual([id, status, retries, error], [id, "COMPLETED", 0, null]);
      else assert.match(error ?? "", /it rounds no more/);
    }
    assert.equal(system.supervisor.view().consumers[0]?.restarts, 0);
  });
}
