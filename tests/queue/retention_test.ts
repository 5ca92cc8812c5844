/** Jobs are removed as fast as they become old, wherever they are. */
import assert from "node:assert/strict";
import { DAY_MS, type Store } from "@persistent-queue/queue";
import { sqliteTest } from "../support/backend.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { queueOn } from "../support/queue/queue_on.ts";
import { testQueue } from "../support/queue/test_queue.ts";

sqliteTest(
  "jobs that become old at the start of a large store do not wait for the walk through all others",
  async () => {
    await using on = await testQueue({ retentionMs: DAY_MS });
    const finished = on.clock();
    await editByHand(
      on.url,
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
     INSERT INTO jobs (id, status, lease, finished_at, updated_at, created_at)
     SELECT 'j' || i, 'COMPLETED', 1, ${finished} + i, ${finished} + i, ${finished} FROM n`,
    );
    assert.equal(await on.queue.prune(), 0);
    assert.equal(await on.queue.prune(), 0);
    on.clock.pass(DAY_MS + 301);
    assert.equal(await on.queue.prune(), 300);
  },
);

sqliteTest("an old job behind very many that are kept is found after some sweeps", async () => {
  await using on = await testQueue({ retentionMs: DAY_MS });
  await editByHand(
    on.url,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000)
     INSERT INTO jobs (id, status, lease, finished_at, updated_at, created_at)
     SELECT 'j' || i, 'COMPLETED', 1, iif(i = 45000, 1, ${on.clock()}), ${on.clock()}, ${on.clock()} FROM n`,
  );
  const sweeps: number[] = [];
  while (!sweeps.includes(1) && sweeps.length < 40) sweeps.push(await on.queue.prune());
  assert.equal(sweeps.at(-1), 1);
});

Deno.test("60,000 old jobs are removed in one sweep: a fast system finishes as many between two", async () => {
  let due = 60_000;
  const prune: Store["prune"] = ({ limit, after }) => {
    const count = Math.min(limit, due);
    due -= count;
    return Promise.resolve({
      removed: Array.from({ length: count }, (_, i) => `${i}`),
      next: due > 0 ? after + count : 0,
    });
  };
  await using on = await queueOn(() => ({ prune }));
  assert.equal(await on.queue.prune(), 60_000);
});
