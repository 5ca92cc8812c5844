/** The death of a process that held very many jobs. */
import assert from "node:assert/strict";
import { pagesOf, type Queue } from "@persistent-queue/queue";
import { editByHand } from "../support/queue/hand_edit.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { type QueueOn, queueOn } from "../support/queue/queue_on.ts";
import { sqliteTest } from "../support/backend.ts";

const GUILTY = { type: "crashed", detail: "its worker died", guilty: true } as const;

/** A suspect and its 1,200 neighbours are in flight. */
async function holdMany({ queue, store }: QueueOn): Promise<void> {
  await queue.add([{ id: "suspect", priority: 100 }]);
  for (const _ of [1, 2]) await end(queue, await claimNext(queue), GUILTY);
  for (let left = 1_200; left > 0; left -= 200) {
    await queue.add(Array.from({ length: 200 }, (_, i) => ({ id: `${left - i}` })));
  }
  await claimNext(queue, "c1", true);
  for (let got = 1; got > 0;) {
    got = (await store.claim([{ consumerId: "c2", limit: 400, suspect: false }])).claimed.length;
  }
}

Deno.test("an error in the middle of a large recovery charges the same jobs as one without an error", async () => {
  let left = 2;
  await using on = await queueOn((store) => ({
    settle: (settlements) =>
      settlements.some(({ verb }) => verb !== "release") || settlements.length === 1 || left-- > 0
        ? store.settle(settlements)
        : Promise.reject(new RangeError("The server is gone")),
  }));
  await holdMany(on);
  await assert.rejects(on.queue.recover(), /The server is gone/);
  const { counts } = await on.queue.stats();
  assert.ok(counts.PENDING >= 200 && counts.PENDING < 1_200, `${counts.PENDING} are free`);
  const told = on.events.flatMap((event) => event.type === "swept" ? event.requeued : []);
  assert.equal(told.length, counts.PENDING, "freed jobs are reported");
  left = 9;
  assert.equal((await on.queue.recover()).length, 1_201 - counts.PENDING);
  for (const { id, status, crashes } of await all(on.queue)) {
    assert.deepEqual([id, status, crashes], id === "suspect" ? [id, "UNPROCESSABLE", 3] : [id, "PENDING", 0]);
  }
});

async function all(queue: Queue) {
  const jobs = [];
  for await (const page of pagesOf(queue, {})) for (const job of page.jobs) jobs.push(job);
  assert.equal(jobs.length, 1_201);
  return jobs;
}

/** The store joins as a process that claims a job and dies. */
async function takeAndDie({ store, queue }: QueueOn): Promise<void> {
  await queue.add([{ id: "first" }]);
  await store.join({ id: crypto.randomUUID(), host: "here", pid: 7, version: "" });
  assert.equal((await store.claim([{ consumerId: "c", limit: 1, suspect: false }])).claimed.length, 1);
  await store.join({ id: crypto.randomUUID(), host: "here", pid: 8, version: "" });
}

sqliteTest("the 150,000 jobs of a dead process do not overflow the stack", async () => {
  await using on = await queueOn(() => ({}));
  await takeAndDie(on);
  await editByHand(
    on.url,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 149999)
     INSERT INTO jobs (id, status, lease, run_at, process, consumer_id, started_at, last_heartbeat)
     SELECT 'j' || i, status, lease, run_at, process, consumer_id, started_at, last_heartbeat
     FROM n, jobs WHERE id = 'first'`,
  );
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 150_000);
});

sqliteTest("a sweep and a probe that find the same dead process at once recover it once", async () => {
  let looks = 0;
  await using on = await queueOn((store) => ({
    orphans: (request) => {
      if ("process" in request) looks += 1;
      return store.orphans(request);
    },
  }));
  await takeAndDie(on);
  // The probe looks for dead processes every half second.
  await new Promise((resolve) => setTimeout(resolve, 550));
  await Promise.all([on.queue.sweep({ held: [], freed: 0 }), on.queue.probe()]);
  assert.equal(looks, 1);
  assert.equal((await on.queue.get("first")).job.status, "PENDING");
});
