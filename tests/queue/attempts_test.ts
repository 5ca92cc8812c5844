import assert from "node:assert/strict";
import { attemptsOf } from "@persistent-queue/queue";
import { claimNext, end, endUntilSettled } from "../support/queue/attempts.ts";
import { START, testQueue } from "../support/queue/test_queue.ts";

const THREW = { type: "threw", error: "it broke" } as const;
const TIMED_OUT = { type: "timed-out", error: "it took too long" } as const;

Deno.test("a job that always throws is tried four times, 1, 2 and 4 s apart, and ends UNPROCESSABLE", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  assert.deepEqual(await endUntilSettled(on, await claimNext(on.queue), THREW), [1_000, 2_000, 4_000]);
  const { job, history } = await on.queue.get("a");
  assert.deepEqual([job.status, job.retries, job.error], ["UNPROCESSABLE", 3, "it broke"]);
  assert.deepEqual(history.map((line) => line.event), ["retried", "retried", "retried", "exhausted"]);
  assert.deepEqual(history.map((line) => line.at - START), [0, 1_000, 3_000, 7_000]);
});

Deno.test("a job keeps its consumer, its lease and its status while it waits for the next attempt", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const claimed = await claimNext(on.queue, "c7");
  const verdict = await end(on.queue, claimed, THREW);
  assert.deepEqual(verdict, { type: "again", delayMs: 1_000, retries: 1 });
  const { job } = await on.queue.get("a");
  assert.deepEqual([job.status, job.consumerId, job.lease], ["PROCESSING", "c7", claimed.lease]);
  assert.deepEqual((await on.queue.claim([{ consumerId: "c8", limit: 9, suspect: false }])).claimed, []);
});

Deno.test("there are as many retries as there are delays", async () => {
  for (const retryDelaysMs of [[], [5], [5, 6, 7, 8]]) {
    await using on = await testQueue({ retryDelaysMs });
    await on.queue.add([{ id: "a" }]);
    assert.deepEqual(await endUntilSettled(on, await claimNext(on.queue), THREW), retryDelaysMs);
    assert.equal((await on.queue.get("a")).job.retries, retryDelaysMs.length);
  }
});

Deno.test("a job that succeeds at its last attempt is COMPLETED, keeps its retries and loses its error", async () => {
  await using on = await testQueue({ retryDelaysMs: [1] });
  await on.queue.add([{ id: "a" }]);
  const claimed = await claimNext(on.queue);
  await end(on.queue, claimed, THREW);
  const last = { ...claimed, retries: 1 };
  assert.deepEqual(await end(on.queue, last, { type: "returned", result: '{"n":1}' }), { type: "stored" });
  const { job } = await on.queue.get("a");
  assert.deepEqual([job.status, job.retries, job.error, job.result], ["COMPLETED", 1, null, '{"n":1}']);
});

Deno.test("a job whose handler gives up is FAILED at once, whatever retries are left", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  assert.deepEqual(await end(on.queue, await claimNext(on.queue), { type: "gave-up", error: "hopeless" }), {
    type: "stored",
  });
  const { job } = await on.queue.get("a");
  assert.deepEqual([job.status, job.retries, job.error], ["FAILED", 0, "hopeless"]);
});

Deno.test("a job that misses its deadline is tried again while a retry is left, then it is FAILED", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  assert.deepEqual(await endUntilSettled(on, await claimNext(on.queue), TIMED_OUT), [1_000, 2_000, 4_000]);
  const { job } = await on.queue.get("a");
  assert.deepEqual([job.status, job.retries], ["FAILED", 3]);
});

Deno.test("a snoozed job uses up no retry and does not fill its history, however often it is snoozed", async () => {
  await using on = await testQueue({ retryDelaysMs: [1_000] });
  await on.queue.add([{ id: "a" }]);
  const claimed = await claimNext(on.queue);
  for (let asked = 0; asked < 5; asked++) {
    const verdict = await end(on.queue, claimed, { type: "retry-later", delayMs: 30_000, error: "busy" });
    assert.deepEqual(verdict, { type: "again", delayMs: 30_000, retries: 0 });
    on.clock.pass(30_000);
  }
  assert.deepEqual(await endUntilSettled(on, claimed, THREW), [1_000]);
  const { history } = await on.queue.get("a");
  assert.deepEqual(history.map((line) => line.event), ["postponed", "retried", "exhausted"]);
});

Deno.test("a job that is released or stopped waits again, keeps its retries and is not charged", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "b" }]);
  const first = await claimNext(on.queue);
  await end(on.queue, first, THREW);
  await end(on.queue, { ...first, retries: 1 }, { type: "stopped", detail: "the system stops" });
  on.clock.pass(1_000);
  const second = await claimNext(on.queue);
  assert.deepEqual([second.id, second.retries, second.crashes], ["b", 1, 0]);
  await end(on.queue, second, { type: "handed-back" });
  const { job, history } = await on.queue.get("b");
  assert.deepEqual([job.status, job.retries, job.crashes], ["PENDING", 1, 0]);
  assert.deepEqual(history.map((line) => line.event), ["retried", "released"]);
});

Deno.test("the end of an attempt whose lease is lost changes nothing, is counted and reported", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const late = await claimNext(on.queue);
  await on.queue.move("cancel", ["a"], "test");
  const before = await on.queue.get("a");
  for (
    const outcome of [THREW, TIMED_OUT, { type: "returned", result: null }, { type: "handed-back" }] as const
  ) {
    assert.deepEqual(await end(on.queue, late, outcome), { type: "lost" });
  }
  assert.deepEqual(await on.queue.get("a"), before);
  assert.equal((await on.queue.stats()).fenced, 4);
  assert.equal(on.events.filter((event) => event.type === "fenced").length, 4);
});

Deno.test("attempts that end together are judged one by one, in the order of their endings", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b", "c", "d"].map((id) => ({ id })));
  const { claimed } = await on.queue.claim([{ consumerId: "c1", limit: 4, suspect: false }]);
  await on.queue.move("cancel", ["b"], "test");
  const outcomes = [{ type: "returned", result: null }, THREW, THREW, {
    type: "gave-up",
    error: "no",
  }] as const;
  const verdicts = await on.queue.settle(claimed.map((job, i) => ({ job, outcome: outcomes[i] ?? THREW })));
  assert.deepEqual(verdicts.map((verdict) => verdict.type), ["stored", "lost", "again", "stored"]);
  const statuses = await Promise.all(
    ["a", "b", "c", "d"].map(async (id) => (await on.queue.get(id)).job.status),
  );
  assert.deepEqual(statuses, ["COMPLETED", "CANCELED", "PROCESSING", "FAILED"]);
});

Deno.test("the attempt after a RetryLater is shown with its own start and duration", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const job = await claimNext(on.queue);
  const later = { type: "retry-later", delayMs: 60_000, error: "too many requests" } as const;
  assert.equal((await end(on.queue, job, later)).type, "again");
  on.clock.pass(61_500);
  const running = attemptsOf({ ...await on.queue.get("a"), now: on.clock() }).at(-1);
  assert.deepEqual([running?.outcome, running?.startedAt, running?.ranMs], [
    "running",
    START + 60_000,
    1_500,
  ]);
});

Deno.test("an attempt that was lost did not begin later because that was noticed late", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const job = await claimNext(on.queue);
  on.clock.pass(2_000);
  await on.queue.renew([job]);
  on.clock.pass(3_600_000);
  await on.queue.sweep({ held: [], freed: 0 });
  const [lost] = attemptsOf({ ...await on.queue.get("a"), now: on.clock() });
  assert.deepEqual([lost?.outcome, lost?.startedAt, lost?.ranMs], ["stalled", START, 2_000]);
});

Deno.test("when an attempt after a retry began is not made up if it was lost", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const job = await claimNext(on.queue);
  await end(on.queue, job, THREW);
  on.clock.pass(3_000);
  await on.queue.renew([job]);
  on.clock.pass(3_600_000);
  await on.queue.sweep({ held: [], freed: 0 });
  const [, lost] = attemptsOf({ ...await on.queue.get("a"), now: on.clock() });
  assert.deepEqual([lost?.outcome, lost?.startedAt, lost?.ranMs], ["stalled", null, 2_000]);
});
