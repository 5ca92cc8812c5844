import assert from "node:assert/strict";
import { claimNext } from "../support/queue/attempts.ts";
import { passInTouch, type TestQueue, testQueue } from "../support/queue/test_queue.ts";

async function processes({ store }: TestQueue) {
  return await store.processes({ silentForMs: 30_000 });
}

async function ofProcess({ store }: TestQueue, process: string | null): Promise<string[]> {
  return (await store.orphans({ process, limit: 9 })).map(({ id }) => id);
}

Deno.test("a process has a row from its recovery to its clean stop, and its claims name it", async () => {
  const on = await testQueue({ version: "1.2.3" });
  try {
    assert.deepEqual(await processes(on), []);
    await on.queue.recover();
    const [row] = await processes(on);
    assert.ok(row !== undefined);
    const { pid, version, startedAt, isDead } = row;
    assert.deepEqual([pid, version, startedAt, isDead], [Deno.pid, "1.2.3", on.clock(), false]);
    await on.queue.add([{ id: "a" }]);
    await claimNext(on.queue);
    assert.deepEqual([await ofProcess(on, row.id), await ofProcess(on, null)], [["a"], []]);
    await on.queue.close();
    assert.deepEqual(await processes(on), []);
  } finally {
    await on[Symbol.asyncDispose]();
  }
});

Deno.test("a process that was taken for dead joins again before it claims more", async () => {
  await using on = await testQueue();
  await on.queue.recover();
  const [first] = await processes(on);
  await on.store.leave(first?.id ?? "");
  // A beat is due a second after the previous one.
  await new Promise((resolve) => setTimeout(resolve, 1_050));
  await on.queue.sweep({ held: [], freed: 0 });
  const [second, ...others] = await processes(on);
  assert.ok(second !== undefined && second.id !== first?.id);
  assert.deepEqual(others, []);
  await on.queue.add([{ id: "a" }]);
  await claimNext(on.queue);
  assert.deepEqual(await ofProcess(on, second.id), ["a"]);
});

Deno.test("a sweep takes the jobs of a process that has died in the meantime, and of no living one", async () => {
  await using on = await testQueue({ stallMs: 60_000 });
  await on.queue.recover();
  await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
  await claimNext(on.queue);
  const dead = { id: crypto.randomUUID(), host: "another", pid: 7, version: "" };
  await on.store.join(dead);
  const request = { consumerId: "c2", limit: 1, suspect: false };
  assert.deepEqual((await on.store.claim([request])).claimed.map(({ id }) => id), ["b"]);
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 0, "it may be alive");
  await passInTouch(on, 60_001);
  // Its own heartbeats are just as old, but this process knows what it holds.
  const [a] = (await on.queue.list({ status: "PROCESSING" })).jobs.filter(({ id }) => id === "a");
  assert.ok(a !== undefined);
  await on.queue.renew([a]);
  assert.equal(await on.queue.sweep({ held: [a], freed: 0 }), 1);
  const { job, history } = await on.queue.get("b");
  assert.equal(job.status, "PENDING");
  assert.equal(history.length, 1);
  assert.equal((await on.queue.get("a")).job.status, "PROCESSING");
});

Deno.test("after a failover a process that was taken for dead keeps what it holds, though its former row is back", async () => {
  await using on = await testQueue({ stallMs: 60_000 });
  await on.queue.recover();
  await on.queue.add(["a", "b"].map((id) => ({ id })));
  const former = { id: crypto.randomUUID(), host: "this", pid: 7, version: "" };
  await on.store.join(former);
  const { claimed } = await on.store.claim([{ consumerId: "c", limit: 2, suspect: false }]);
  const [a, b] = claimed;
  assert.ok(a !== undefined && b !== undefined);
  await passInTouch(on, 60_001);
  assert.equal(await on.queue.sweep({ held: [a], freed: 0 }), 1);
  const { jobs } = await on.queue.list({ status: "PROCESSING" });
  assert.deepEqual(jobs.map(({ id }) => id), [a.id]);
});
