import assert from "node:assert/strict";
import { Events, type QueueEvent } from "@persistent-queue/queue";
import { BACKEND } from "../support/backend.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { testQueue } from "../support/queue/test_queue.ts";

Deno.test("the events of a job come in order, each once", async () => {
  await using on = await testQueue({ retryDelaysMs: [1_000] });
  await on.queue.add([{ id: "a" }]);
  const job = await claimNext(on.queue);
  await end(on.queue, job, { type: "retry-later", delayMs: 70, error: "busy" });
  await end(on.queue, job, { type: "threw", error: "it broke" });
  await end(on.queue, { ...job, retries: 1 }, { type: "threw", error: "it broke again" });
  await on.queue.move("resubmit", ["a"], "test");
  await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
  const by = { id: "a", consumerId: "c1" };
  const told = on.events.filter(({ type }) => type !== "arriving" && type !== "enqueued" && type !== "moved");
  assert.deepEqual(told, [
    { type: "claimed", count: 1 },
    { type: "postponed", ...by, delayMs: 70, error: "busy" },
    { type: "retrying", ...by, attempt: 1, of: 1, delayMs: 1_000, error: "it broke" },
    { type: "exhausted", ...by, cause: "retries", error: "it broke again" },
    { type: "claimed", count: 1 },
    { type: "completed", count: 1 },
  ]);
});

/** A test of a store that takes calls in order: on PostgreSQL they may overtake each other. */
const inOrderTest = (name: string, fn: () => Promise<void>): void =>
  Deno.test({ name, ignore: BACKEND === "postgres", fn });

inOrderTest("jobs are announced before they are stored, and reported once they are", async () => {
  await using on = await testQueue();
  const adding = on.queue.add([{ id: "a" }, { id: "b" }]);
  assert.deepEqual(on.events, [{ type: "arriving", count: 2 }]);
  const added = await adding;
  assert.deepEqual(on.events[1], { type: "enqueued", jobs: added.map(({ job }) => job) });
});

inOrderTest("a job claimed in the turn in which it arrives is the job that was added", async () => {
  await using on = await testQueue();
  let claiming: ReturnType<typeof claimNext> | undefined;
  on.queue.subscribe((event) => {
    if (event.type === "arriving") claiming = claimNext(on.queue);
  });
  await on.queue.add([{ id: "a" }]);
  assert.equal((await claiming)?.id, "a");
});

Deno.test("the event of a crash says why the job was released, or that it is exhausted at the limit", async () => {
  await using on = await testQueue({ crashLimit: 2 });
  await on.queue.add([{ id: "a" }]);
  const died = { type: "crashed", detail: "its worker died", guilty: true } as const;
  await end(on.queue, await claimNext(on.queue), died);
  await end(on.queue, await claimNext(on.queue, "c1", true), died);
  const why = { id: "a", consumerId: "c1" };
  const released = { type: "released", ...why, why: "crashed", detail: "its worker died" };
  const exhausted = { type: "exhausted", ...why, cause: "crashes", error: "its worker died" };
  const told = on.events.filter(({ type }) => type === "released" || type === "exhausted");
  assert.deepEqual(told, [released, released, exhausted]);
});

Deno.test("a sweep releases jobs that have been silent for longer than the limit, and reports even if there are none", async () => {
  await using on = await testQueue({ stallMs: 30_000 });
  await on.queue.add(["silent", "alive", "young"].map((id) => ({ id })));
  const { seq, lease } = await claimNext(on.queue, "c1");
  const held = await claimNext(on.queue, "c2");
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 0);
  on.clock.pass(30_001);
  await claimNext(on.queue, "c3");
  assert.equal(await on.queue.sweep({ held: [held], freed: 2 }), 3);
  assert.deepEqual(on.events.filter((event) => event.type === "swept"), [
    { type: "swept", requeued: [], freed: 0 },
    {
      type: "swept",
      requeued: [{
        seq,
        lease,
        id: "silent",
        kind: "file",
        consumerId: "c1",
        status: "PENDING",
        wasRunning: true,
      }],
      freed: 2,
    },
  ]);
  const { job, history } = await on.queue.get("silent");
  assert.deepEqual([job.crashes, history.map((line) => line.event)], [0, ["stalled"]]);
});

Deno.test("a sweep releases a thousand stalled jobs in one call", async () => {
  await using on = await testQueue();
  await on.queue.add(Array.from({ length: 1_200 }, (_, i) => ({ id: `a${i}` })));
  await on.queue.claim([{ consumerId: "c1", limit: 1_200, suspect: false }]);
  on.clock.pass(31_000);
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 1_200);
});

Deno.test("finished jobs are pruned after the retention time, and kept for ever if it is 0", async () => {
  for (const [retentionMs, left] of [[5_000, 0], [0, 1]] as const) {
    await using on = await testQueue({ retentionMs });
    await on.queue.add([{ id: "a" }]);
    await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
    assert.equal(await on.queue.prune(), 0);
    on.clock.pass(5_001);
    assert.equal(await on.queue.prune(), 1 - left);
    assert.equal((await on.queue.stats()).counts.COMPLETED, left);
  }
});

Deno.test("a listener that throws harms neither the queue nor the others, and is reported", () => {
  const errors: unknown[] = [];
  const heard: QueueEvent[] = [];
  const events = new Events((error) => errors.push(error));
  const bug = new Error("a bug");
  events.subscribe(() => {
    throw bug;
  });
  const unsubscribe = events.subscribe((event) => heard.push(event));
  events.emit({ type: "changed-outside" });
  unsubscribe();
  events.emit({ type: "changed-outside" });
  assert.deepEqual([heard.length, errors], [1, [bug, bug]]);
});

Deno.test("a queue keeps working while one of its listeners throws at every event", async () => {
  const { error } = console;
  let reports = 0;
  console.error = () => reports++;
  try {
    await using on = await testQueue();
    on.queue.subscribe(() => {
      throw new Error("a bug");
    });
    await on.queue.add([{ id: "a" }]);
    await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
    assert.equal((await on.queue.get("a")).job.status, "COMPLETED");
    assert.equal(reports, on.events.length);
  } finally {
    console.error = error;
  }
});
