import assert from "node:assert/strict";
import { ClockRollback } from "../../queue/policy/clock_rollback.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { testQueue } from "../support/queue/test_queue.ts";

const HOUR_MS = 3_600_000;

/** Shows the given times one after the other, and returns the rollback found at each of them. */
async function stepsOf(times: readonly number[]): Promise<(readonly [number, number] | null)[]> {
  let now = 0;
  const clock = new ClockRollback(() => now);
  const steps = [];
  for (now of times) {
    steps.push(await clock.around((step) => Promise.resolve(step && [step.from, step.to] as const)));
  }
  return steps;
}

Deno.test("a clock that goes forward, or back by a tenth of a second, is not a rollback", async () => {
  assert.deepEqual(await stepsOf([1_000, 1_000, 2_000, 1_900, 9_000]), [null, null, null, null, null]);
});

Deno.test("a rollback is found once, and measured from the latest time", async () => {
  assert.deepEqual(await stepsOf([5_000, 1_000, 1_000, 1_500]), [null, [5_000, 1_000], null, null]);
  assert.deepEqual(await stepsOf([5_000, 4_950, 4_899]), [null, null, [5_000, 4_899]]);
  assert.deepEqual(await stepsOf([5_000, 1_000, 500]), [null, [5_000, 1_000], [1_000, 500]]);
});

Deno.test("a time that was only looked at counts too", async () => {
  let now = 5_000;
  const clock = new ClockRollback(() => now);
  clock.observe();
  now = 1_000;
  clock.observe();
  const step = await clock.around((setBack) => Promise.resolve(setBack));
  assert.deepEqual(step, { from: 5_000, to: 1_000 });
});

Deno.test("a rollback whose write failed is found again", async () => {
  let now = 5_000;
  const clock = new ClockRollback(() => now);
  clock.observe();
  now = 1_000;
  await assert.rejects(clock.around(() => Promise.reject(new Error("the disk is full"))));
  const step = await clock.around((setBack) => Promise.resolve(setBack));
  assert.deepEqual(step, { from: 5_000, to: 1_000 });
});

Deno.test("a due job stays due when the clock is set back, and a delayed one keeps its time", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "due" }, { id: "later", runAt: on.clock() + 1_000 }]);
  on.clock.pass(-HOUR_MS);
  assert.equal((await claimNext(on.queue)).id, "due");
  const { claimed, nextRunAt } = await on.queue.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
  assert.deepEqual([claimed, await nextRunAt], [[], on.clock() + HOUR_MS + 1_000]);
});

Deno.test("a retry keeps its wait when the clock is set back", async () => {
  await using on = await testQueue({ retryDelaysMs: [2_000] });
  await on.queue.add([{ id: "a" }]);
  const job = await claimNext(on.queue);
  await end(on.queue, job, { type: "threw", error: "it broke" });
  on.clock.pass(-HOUR_MS);
  await on.queue.claim([{ consumerId: "c2", limit: 1, suspect: false }]);
  assert.equal((await on.queue.get("a")).job.runAt, on.clock() + 2_000);
});
