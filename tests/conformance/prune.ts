import assert from "node:assert/strict";
import { FINISHED, STATUSES } from "../../queue/job.ts";
import type { Store } from "../../queue/store.ts";
import { add, at, bring, claimOne, jobOf, NOW, settlement, settleOne } from "./stage.ts";
import type { Case } from "./suite.ts";

const LATER = NOW + 1_000;

export function pruneCases(test: Case): void {
  test("prune removes jobs that finished long ago, and nothing else", async ({ store }) => {
    for (const status of STATUSES) await bring(store, status, status);
    assert.deepEqual(await pruneAll(store, LATER), FINISHED.length);
    for (const status of STATUSES) {
      assert.equal(
        await store.get(status) === null,
        (FINISHED as readonly string[]).includes(status),
        status,
      );
    }
    const { counts } = await store.stats({ silentForMs: 0 });
    for (const status of FINISHED) assert.equal(counts[status], 0);
    assert.deepEqual([counts.PENDING, counts.PROCESSING], [1, 1]);
  });

  test("prune keeps a job that finished at the limit, and removes one that finished just before", async ({ store }) => {
    const { finishedAt } = await bring(store, "a", "COMPLETED");
    assert.ok(finishedAt);
    assert.equal(await pruneAll(store, finishedAt), 0);
    assert.equal(await pruneAll(store, finishedAt + 1), 1);
  });

  test("prune goes by the end of a job, not by its start", async ({ store }) => {
    await add(at(NOW - 1_000_000, store), "a");
    await settleOne(store, settlement("complete", await claimOne(store)), LATER + 5);
    assert.equal(await pruneAll(store, LATER), 0);
  });

  test("prune goes through the whole store in steps of its limit, then starts over", async ({ store }) => {
    for (let i = 0; i < 7; i++) await bring(store, `old${i}`, i % 2 ? "FAILED" : "PROCESSING");
    const seen = [];
    let after = 0;
    do {
      const { removed, next } = await store.prune({ olderThanMs: NOW - LATER, after, limit: 2 });
      assert.ok(next === 0 || next > after, "it goes forward");
      seen.push(removed.length);
      after = next;
    } while (after !== 0);
    assert.ok(seen.every((removed) => removed <= 2));
    assert.equal(seen.reduce((sum, removed) => sum + removed, 0), 3);
  });

  test("prune removes the history too and frees the id, but never reuses the seq", async ({ store }) => {
    const { seq } = await bring(store, "a", "FAILED");
    assert.equal(await pruneAll(store, LATER), 1);
    const again = await add(store, "a");
    assert.ok(again.seq > seq);
    assert.deepEqual((await store.get("a"))?.history, []);
    assert.equal((await jobOf(store, "a")).status, "PENDING");
  });

  test("a worker that comes back after its job was pruned changes nothing", async ({ store }) => {
    await add(store, "a");
    const late = await claimOne(store);
    await store.move("cancel", ["a"]);
    await pruneAll(store, LATER);
    await add(store, "a");
    await claimOne(store, "c2");
    const before = await store.get("a");
    assert.equal(await settleOne(store, settlement("complete", late)), false);
    assert.deepEqual(await store.renew([late]), [false]);
    assert.deepEqual(await store.get("a"), before);
  });
}

async function pruneAll(store: Store, before: number): Promise<number> {
  let sum = 0;
  let after = 0;
  do {
    const { removed, next } = await store.prune({ olderThanMs: NOW - before, after, limit: 3 });
    sum += removed.length;
    after = next;
  } while (after !== 0);
  return sum;
}
