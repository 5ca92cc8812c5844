import assert from "node:assert/strict";
import { STATUSES } from "../../queue/job.ts";
import { add, addSuspect, at, bring, claimOne, hold, newJob, NOW, settlement } from "./stage.ts";
import type { Case } from "./suite.ts";

export function statsCases(test: Case): void {
  test("stats of an empty store names every status with a zero", async ({ store }) => {
    const counts = Object.fromEntries(STATUSES.map((status) => [status, 0]));
    const { durability: _, ...stats } = await store.stats({ silentForMs: 0 });
    assert.deepEqual(stats, { counts, oldestDueAt: null, silent: 0, parked: [], warnings: [] });
  });

  test("stats counts the jobs in each status", async ({ store }) => {
    for (const [i, status] of STATUSES.entries()) {
      for (let n = 0; n <= i; n++) await bring(store, `${status} ${n}`, status);
    }
    const { counts } = await store.stats({ silentForMs: 0 });
    assert.deepEqual(counts, Object.fromEntries(STATUSES.map((status, i) => [status, i + 1])));
  });

  test("when many jobs are written at once, stats counts those that were really written", async ({ store, second }) => {
    const ids = Array.from({ length: 200 }, (_, i) => `job ${i}`);
    await store.insert(ids.slice(0, 50).map((id) => newJob(id)));
    await store.insert([...ids, ...ids].map((id) => newJob(id)));
    const { claimed } = await store.claim([{ consumerId: "c1", limit: 150, suspect: false }]);
    await (await second()).move("cancel", claimed.slice(0, 30).map(({ id }) => id), "a test");
    const held = await store.settle(claimed.map((job) => settlement("complete", job)));
    assert.equal(held.filter((isHeld) => isHeld).length, 120);
    const { counts } = await store.stats({ silentForMs: 0 });
    assert.deepEqual([counts.PENDING, counts.PROCESSING, counts.COMPLETED, counts.CANCELED], [
      50,
      0,
      120,
      30,
    ]);
    assert.deepEqual(await store.check(), []);
  });

  test("stats returns since when the oldest due job has waited, whatever its priority", async ({ store }) => {
    await add(at(NOW - 5, store), "high", { priority: 50, runAt: NOW - 5 });
    await add(at(NOW - 90, store), "low", { priority: -50, runAt: NOW - 90 });
    await add(store, "delayed", { runAt: NOW + 5 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW - 90);
  });

  test("stats counts no wait from before a job was added, and still finds a longer one behind it", async ({ store }) => {
    await add(store, "backdated", { runAt: 0 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW);
    await add(at(NOW - 90, store), "waits", { runAt: NOW - 90 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW - 90);
  });

  test("stats counts no wait from before a suspect was added, and still finds a longer one behind it", async ({ store }) => {
    await addSuspect(store, "backdated", { runAt: 0 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW);
    await addSuspect(at(NOW - 90, store), "waits", { runAt: NOW - 90 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW - 90);
  });

  test("stats counts the wait from when a job was due if the clock was set back since it was added", async ({ store }) => {
    await add(at(NOW + 1_000, store), "a", { runAt: NOW - 5 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW - 5);
  });

  test("stats does not call a delayed or a running job due", async ({ store }) => {
    await hold(store, "runs");
    await add(store, "delayed", { runAt: NOW + 5 });
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, null);
    assert.equal((await at(NOW + 5, store).stats({ silentForMs: 5 })).oldestDueAt, NOW + 5);
  });

  test("stats counts a suspect as due", async ({ store }) => {
    await addSuspect(store, "suspect");
    assert.equal((await store.stats({ silentForMs: 0 })).oldestDueAt, NOW);
  });

  test("stats and the list report the stalled jobs, and no others", async ({ store }) => {
    const heard = await hold(store, "heard");
    for (const id of ["silent", "silent too"]) await hold(store, id);
    await at(NOW + 10, store).renew([heard]);
    await add(store, "waits");
    assert.equal((await store.stats({ silentForMs: 0 })).silent, 0);
    assert.equal((await store.stats({ silentForMs: -10 })).silent, 2);
    const page = await store.list({ limit: 1, silentForMs: -10 });
    assert.deepEqual(page.jobs.map(({ id }) => id), ["silent too"]);
    const last = await store.list({ limit: 1, silentForMs: -10, cursor: page.next ?? "" });
    assert.deepEqual([last.jobs.map(({ id }) => id), last.next], [["silent"], null]);
  });

  test("stats from two handles agree", async ({ store, second }) => {
    const other = await second();
    await bring(store, "a", "FAILED");
    await add(other, "b");
    await claimOne(store);
    assert.deepEqual(
      await other.stats({ silentForMs: 0 }),
      await store.stats({ silentForMs: 0 }),
    );
  });
}
