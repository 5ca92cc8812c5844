import assert from "node:assert/strict";
import { getQueue, type Queue } from "@persistent-queue/queue";
import { claimNext, end } from "../support/queue/attempts.ts";
import { type TestQueue, testQueue } from "../support/queue/test_queue.ts";

const GUILTY = { type: "crashed", detail: "its worker died", guilty: true } as const;
const INNOCENT = { type: "crashed", detail: "a neighbour died", guilty: false } as const;

async function crashesOf({ queue }: Pick<TestQueue, "queue">, id: string): Promise<[string, number]> {
  const { job } = await queue.get(id);
  return [job.status, job.crashes];
}

/** The process dies with its queue; its successor, which is returned, recovers what it held. */
async function successorOf(dead: Queue, { store, url, clock }: TestQueue): Promise<Queue> {
  for (const { id } of await store.processes({ silentForMs: 0 })) await store.leave(id);
  await dead.close();
  const successor = await getQueue(url, { role: "owner", now: clock, kinds: ["file"] });
  await successor.recover();
  return successor;
}

/** Makes a suspect: a job that is one crash short of the limit. */
async function addSuspect(on: TestQueue, id: string): Promise<void> {
  await on.queue.add([{ id, priority: 100 }]);
  for (const _ of [1, 2]) await end(on.queue, await claimNext(on.queue), GUILTY);
}

Deno.test("a job that takes down its worker three times is UNPROCESSABLE, and its retries are untouched", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "poison" }]);
  await end(on.queue, await claimNext(on.queue), GUILTY);
  assert.deepEqual(await crashesOf(on, "poison"), ["PENDING", 1]);
  await end(on.queue, await claimNext(on.queue), GUILTY);
  assert.deepEqual(await crashesOf(on, "poison"), ["PENDING", 2]);
  await end(on.queue, await claimNext(on.queue, "c1", true), GUILTY);
  assert.deepEqual(await crashesOf(on, "poison"), ["UNPROCESSABLE", 3]);
  const { job, history } = await on.queue.get("poison");
  assert.deepEqual([job.retries, job.error], [0, "its worker died"]);
  assert.deepEqual(history.map((line) => line.event), ["crashed", "crashed", "crashed"]);
});

Deno.test("the crash limit is a setting", async () => {
  for (const crashLimit of [1, 2, 5]) {
    await using on = await testQueue({ crashLimit });
    await on.queue.add([{ id: "poison" }]);
    for (let crashes = 1; crashes <= crashLimit; crashes++) {
      const isSuspect = crashLimit > 1 && crashes === crashLimit;
      await end(on.queue, await claimNext(on.queue, "c1", isSuspect), GUILTY);
    }
    assert.deepEqual(await crashesOf(on, "poison"), ["UNPROCESSABLE", crashLimit]);
  }
});

Deno.test("a job is not charged for a death or a stall that it did not cause", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  for (let i = 0; i < 5; i++) {
    await end(on.queue, await claimNext(on.queue), i % 2 ? INNOCENT : { ...INNOCENT, type: "stalled" });
  }
  assert.deepEqual(await crashesOf(on, "a"), ["PENDING", 0]);
});

Deno.test("a job that hangs its worker is charged like one that kills it", async () => {
  await using on = await testQueue({ crashLimit: 2 });
  await on.queue.add([{ id: "a" }]);
  await end(on.queue, await claimNext(on.queue), { type: "stalled", detail: "it hung", guilty: true });
  await end(on.queue, await claimNext(on.queue, "c1", true), {
    type: "stalled",
    detail: "it hung",
    guilty: true,
  });
  assert.deepEqual(await crashesOf(on, "a"), ["UNPROCESSABLE", 2]);
});

Deno.test("recover releases every job in flight, and charges each of them once", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
  await on.queue.claim([{ consumerId: "c1", limit: 2, suspect: false }]);
  const reaped = await on.queue.recover();
  assert.deepEqual(reaped.map((one) => [one.id, one.consumerId, one.status]), [["a", "c1", "PENDING"], [
    "b",
    "c1",
    "PENDING",
  ]]);
  assert.deepEqual(await Promise.all(["a", "b", "c"].map((id) => crashesOf(on, id))), [
    ["PENDING", 1],
    ["PENDING", 1],
    ["PENDING", 0],
  ]);
});

Deno.test("recover ignores heartbeats, however young: no holder has outlived the process", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const held = await claimNext(on.queue);
  on.clock.pass(60_000);
  await on.queue.renew([held]);
  on.clock.pass(-60_000);
  assert.equal((await on.queue.recover()).length, 1);
});

Deno.test("recover charges only the suspect when one was in flight, and makes it UNPROCESSABLE", async () => {
  await using on = await testQueue();
  await addSuspect(on, "poison");
  await on.queue.add([{ id: "neighbour" }]);
  await claimNext(on.queue, "c1", true);
  await claimNext(on.queue, "c2");
  await on.queue.recover();
  assert.deepEqual(await crashesOf(on, "poison"), ["UNPROCESSABLE", 3]);
  assert.deepEqual(await crashesOf(on, "neighbour"), ["PENDING", 0]);
});

Deno.test("recover does not charge a job that was waiting for its retry", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "waits" }, { id: "runs" }]);
  await end(on.queue, await claimNext(on.queue), { type: "threw", error: "it broke" });
  await claimNext(on.queue);
  await on.queue.recover();
  assert.deepEqual(await crashesOf(on, "waits"), ["PENDING", 0]);
  assert.deepEqual(await crashesOf(on, "runs"), ["PENDING", 1]);
  assert.equal((await on.queue.get("waits")).job.retries, 1);
});

Deno.test("recover charges a job whose retry had begun", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const held = await claimNext(on.queue);
  await end(on.queue, held, { type: "threw", error: "it broke" });
  on.clock.pass(1_000);
  await on.queue.renew([held]);
  await on.queue.recover();
  assert.deepEqual(await crashesOf(on, "a"), ["PENDING", 1]);
});

Deno.test("a poison job among many ends UNPROCESSABLE after a few deaths, and all its neighbours complete", async () => {
  await using on = await testQueue();
  const neighbours = Array.from({ length: 30 }, (_, i) => `n${i}`);
  await on.queue.add(["poison", ...neighbours].map((id) => ({ id, priority: id === "poison" ? 1 : 0 })));
  let deaths = 0;
  let queue = on.queue;
  await using last = new AsyncDisposableStack();
  last.defer(() => queue.close());
  for (let turns = 0; turns < 200; turns++) {
    // As with the dispatcher, a suspect runs alone.
    const suspect = (await queue.claim([{ consumerId: "c0", limit: 1, suspect: true }])).claimed;
    const plain = Array.from({ length: 10 }, (_, i) => ({ consumerId: `c${i}`, limit: 1, suspect: false }));
    const claimed = suspect.length > 0 ? suspect : (await queue.claim(plain)).claimed;
    if (claimed.length === 0) break;
    if (claimed.some((job) => job.id === "poison")) {
      deaths++;
      queue = await successorOf(queue, on);
    } else {
      await queue.settle(claimed.map((job) => ({ job, outcome: { type: "returned", result: null } })));
    }
  }
  assert.deepEqual(await crashesOf({ queue }, "poison"), ["UNPROCESSABLE", 3]);
  const { counts } = await queue.stats();
  assert.deepEqual([counts.COMPLETED, counts.UNPROCESSABLE, counts.PENDING, deaths], [30, 1, 0, 4]);
});

Deno.test("recover of a queue that was stopped cleanly finds nothing to do", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  assert.deepEqual(await on.queue.recover(), []);
  assert.ok(!on.events.some((event) => event.type === "swept"));
});

Deno.test("two recoveries at once charge each death once", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  await claimNext(on.queue);
  const reaped = (await Promise.all([on.queue.recover(), on.queue.recover()])).flat();
  assert.deepEqual(reaped.map(({ id }) => id), ["a"]);
  assert.deepEqual(await crashesOf(on, "a"), ["PENDING", 1]);
  assert.deepEqual((await on.queue.get("a")).history.map(({ event }) => event), ["crashed"]);
});
