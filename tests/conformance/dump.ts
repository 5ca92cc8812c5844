import assert from "node:assert/strict";
import { RejectedWrite } from "../../queue/errors.ts";
import { type HistoryEntry, MAX_TIME, STATUSES } from "../../queue/job.ts";
import type { Store } from "../../queue/store.ts";
import { canonicalText, type StoredJob } from "../../queue/stored_job.ts";
import {
  add,
  addSuspect,
  ALL,
  at,
  bring,
  claimOne,
  claimSuspect,
  hold,
  jobOf,
  NOW,
  PROCESS,
  reap,
  retryIn,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

/** A job as it comes from another store: by default it waits. */
export function storedJob(id: string, more: Partial<StoredJob> = {}): StoredJob {
  return {
    ...{ seq: 7, id, kind: "file", status: "PENDING", priority: 0, runAt: NOW, retries: 0, crashes: 0 },
    ...{ suspect: false, lease: 0, consumerId: null, lastHeartbeat: null, startedAt: null, finishedAt: null },
    ...{ createdAt: NOW - 5, updatedAt: NOW - 4, canceledFrom: null, payload: "null", result: null },
    ...{ error: null, history: [], ...more },
  };
}

function line(event: HistoryEntry["event"], more: Partial<HistoryEntry> = {}): HistoryEntry {
  const nothing = { consumerId: null, detail: null, takenAt: null, ranMs: null, report: null, log: null };
  return { at: NOW - 3, event, lease: 1, retries: 0, ...nothing, ...more };
}

/** Dumps everything, a few jobs at a time. */
async function dumpAll(store: Store, limit = 3): Promise<StoredJob[]> {
  const jobs: StoredJob[] = [];
  for (let after: number | null = null;;) {
    const { jobs: more, next } = await store.dump({ after, limit });
    assert.ok(more.length <= limit);
    jobs.push(...more);
    if (next === null) return jobs;
    after = next;
  }
}

/** The jobs are the same, except for the store's own numbers. */
function assertSame(jobs: readonly StoredJob[], expected: readonly StoredJob[]): void {
  assert.deepEqual(jobs.map(withoutSeq), expected.map(withoutSeq));
  assert.deepEqual(jobs.map(canonicalText), expected.map(canonicalText));
}

function withoutSeq({ seq: _, ...facts }: StoredJob) {
  return facts;
}

const LONG_TEXT = "ä".repeat(30_000);
const NASTY = `"\\ ' \t\r\n {} , NULL null \u{1F600} \u2028 ä`;

function everyStatus(): StoredJob[] {
  return STATUSES.map((status, i) =>
    storedJob(status, {
      ...{ status, priority: i, retries: i, crashes: i, lease: 9, error: NASTY, result: '{"a": 1.10}' },
      ...{ consumerId: "c1", lastHeartbeat: NOW - 9, startedAt: NOW - 8, finishedAt: NOW - 7 },
      canceledFrom: status === "CANCELED" ? "FAILED" : null,
      payload: JSON.stringify({ text: NASTY }, null, 2),
      history: [
        line("retried", { detail: NASTY, takenAt: NOW - 8, ranMs: 12, report: NASTY, log: NASTY }),
        line("released", { lease: 9, consumerId: "c1", detail: "" }),
      ],
    })
  );
}

export function dumpCases(test: Case): void {
  test("dump returns what get returns, and whether a job is a suspect, for every status in the order of adding", async ({ store }) => {
    for (const status of STATUSES) await bring(store, status, status);
    await addSuspect(store, "suspect");
    const jobs = await dumpAll(store);
    assert.deepEqual(jobs.map(({ id }) => id), [...STATUSES, "suspect"]);
    assert.deepEqual(jobs.filter(({ suspect }) => suspect).map(({ id }) => id), ["suspect"]);
    for (const { suspect: _, history, ...facts } of jobs) {
      assert.deepEqual({ job: facts, history }, await store.get(facts.id));
    }
  });

  test("dump of an empty store is empty, and a dump page by page has each job once and ends", async ({ store }) => {
    assert.deepEqual(await store.dump({ after: null, limit: 5 }), { jobs: [], next: null });
    for (const id of ["a", "b", "c", "d"]) await add(store, id);
    for (const limit of [1, 2, 4, 9]) {
      assert.deepEqual((await dumpAll(store, limit)).map(({ id }) => id), ["a", "b", "c", "d"]);
    }
  });

  test("dump returns values and texts whole, and only a few at a time", async ({ store }) => {
    const payload = JSON.stringify("x".repeat(1_500_000));
    const jobs = ["a", "b", "c", "d", "e", "f"].map((id) =>
      storedJob(id, {
        payload,
        result: payload,
        error: LONG_TEXT,
        history: [line("failed", { log: LONG_TEXT })],
      })
    );
    for (const job of jobs) await store.restore([job]);
    const { jobs: first } = await store.dump({ after: null, limit: 100 });
    assert.ok(first.length >= 1 && first.length <= 3, `${first.length} jobs of 3 MB each`);
    assertSame(await dumpAll(store), jobs);
  });

  test("restore keeps every fact of every status, and each job does what it would have done", async ({ store }) => {
    const jobs = everyStatus();
    await store.restore(jobs);
    assertSame(await dumpAll(store), jobs);
    const { counts } = await store.stats({ silentForMs: 0 });
    for (const status of STATUSES) assert.equal(counts[status], 1, status);
    assert.deepEqual(await store.check(), []);
    const claimed = await claimOne(store, "c2");
    assert.deepEqual([claimed.id, claimed.lease > 9, claimed.retries], ["PENDING", true, 0]);
    await at(NOW + 1, store).move("resubmit", ["FAILED", "CANCELED"]);
    assert.equal((await jobOf(store, "FAILED")).status, "PENDING");
    assert.equal((await store.prune({ olderThanMs: -1, after: 0, limit: 9 })).removed.length, 2);
    assert.deepEqual(await store.check(), []);
  });

  test("restore keeps the bounds of every number", async ({ store }) => {
    const most = Number.MAX_SAFE_INTEGER;
    const times = { runAt: MAX_TIME, createdAt: 0, updatedAt: MAX_TIME, startedAt: 0, finishedAt: MAX_TIME };
    const jobs = [
      storedJob("x".repeat(2_000), { status: "FAILED", lease: most, priority: -100, ...times }),
      storedJob("\u{1F600}".repeat(2_000), { retries: 1_000_000, crashes: 1_000_000, priority: 100 }),
      storedJob("old", { history: [line("failed", { at: 0, lease: most, takenAt: 0, ranMs: 0 })] }),
    ];
    await store.restore(jobs);
    assertSame(await dumpAll(store), jobs);
  });

  test("restore adds jobs after all others, in their order, and later jobs come after them", async ({ store }) => {
    await add(store, "first");
    await store.restore([storedJob("z", { seq: 2 }), storedJob("a", { seq: 1 })]);
    await add(store, "last");
    const jobs = await dumpAll(store);
    assert.deepEqual(jobs.map(({ id }) => id), ["first", "z", "a", "last"]);
    assert.ok(jobs.every(({ seq }, i) => seq > (jobs[i - 1]?.seq ?? 0)));
    const order = [];
    for (const _ of jobs) order.push((await claimOne(store)).id);
    assert.deepEqual(order, ["first", "z", "a", "last"]);
  });

  test("a restored suspect is claimed alone, and a delayed job when it is due", async ({ store }) => {
    await store.restore([
      storedJob("later", { runAt: NOW + 1_000 }),
      storedJob("suspect", { suspect: true, crashes: 2 }),
    ]);
    assert.equal((await claimSuspect(store)).id, "suspect");
    const { claimed, nextRunAt } = await store.claim([{ consumerId: "c1", limit: 5, suspect: false }]);
    assert.deepEqual([claimed, await nextRunAt], [[], NOW + 1_000]);
    assert.equal((await claimOne(store, "c1", NOW + 1_000)).id, "later");
  });

  test("a restored job in flight is held by no process, so that the next start recovers it", async ({ store }) => {
    await store.join(PROCESS);
    const { seq: _, ...held } = await hold(store, "held");
    const [job] = await dumpAll(store);
    assert.ok(job);
    await store.restore([{ ...job, id: "copy" }]);
    assert.deepEqual((await store.orphans(ALL)).map(({ id, lease }) => [id, lease]), [["copy", held.lease]]);
    assert.deepEqual((await reap(store)).map(({ id }) => id), ["copy"]);
    const copy = await jobOf(store, "copy");
    assert.deepEqual([copy.status, copy.crashes], ["PENDING", 1]);
  });

  test("a folded history stays as it is, and is folded again when it grows", async ({ store }) => {
    const long = await hold(store, "long");
    for (let i = 0; i < 350; i++) {
      await settleOne(store, { ...retryIn(0, long), retries: i + 1, detail: `try ${i}` }, NOW + i);
    }
    const [job] = await dumpAll(store);
    assert.ok(job && job.history.some(({ event }) => event === "folded"));
    await store.restore([{ ...job, id: "copy" }]);
    assert.deepEqual((await store.get("copy"))?.history, (await store.get("long"))?.history);
    const [, copy] = await dumpAll(store);
    assertSame(copy ? [copy] : [], [{ ...job, id: "copy" }]);
    const { seq, lease } = await jobOf(store, "copy");
    for (let i = 0; i < 100; i++) {
      await settleOne(store, { ...retryIn(0, { seq, lease }), retries: 351 + i }, NOW + 400 + i);
    }
    const folds = (await store.get("copy"))?.history.filter(({ event }) => event === "folded") ?? [];
    assert.equal(folds.length, 1);
  });

  test("restore leaves alone a job that exists already and is the same in every fact", async ({ store }) => {
    const jobs = everyStatus();
    await store.restore(jobs.slice(0, 4));
    const before = await dumpAll(store);
    await store.restore(jobs.slice(0, 4));
    assert.deepEqual(await dumpAll(store), before);
    await store.restore([...jobs, ...jobs.slice(0, 1)]);
    assertSame(await dumpAll(store), jobs);
    await store.restore([]);
    assert.deepEqual((await dumpAll(store)).slice(0, 4), before);
    assert.deepEqual(await store.check(), []);
  });

  for (
    const [what, change] of Object.entries<Partial<StoredJob>>({
      "another payload": { payload: "1" },
      "another status": { status: "FAILED", finishedAt: NOW },
      "a suspicion": { suspect: true },
      "one more line": { history: [line("released")] },
    })
  ) {
    test(`restore of a job that exists with ${what} is a RejectedWrite that names it, and nothing is written`, async ({ store }) => {
      await store.restore([storedJob("there")]);
      const before = await dumpAll(store);
      const mixed = [storedJob("new"), storedJob("there", change), storedJob("newer")];
      await assert.rejects(store.restore(mixed), (error) => {
        assert.ok(error instanceof RejectedWrite);
        return /"there"/.test(error.message);
      });
      assert.deepEqual(await dumpAll(store), before);
    });
  }

  test("restore of one id in two versions is a RejectedWrite, and nothing is written", async ({ store }) => {
    await assert.rejects(store.restore([storedJob("a"), storedJob("a", { priority: 1 })]), RejectedWrite);
    assert.deepEqual(await dumpAll(store), []);
  });

  for (
    const [what, change] of Object.entries<Partial<StoredJob>>({
      "a priority beyond the bounds": { priority: 101 },
      "a time before 1970": { runAt: -1 },
      "a lease that is not a whole number": { lease: 1.5 },
      "too many retries": { retries: 1_000_001 },
      "a history with a lease that is not a whole number": { history: [line("failed", { lease: 0.5 })] },
    })
  ) {
    test(`restore of a job with ${what} is a RejectedWrite, and nothing is written`, async ({ store }) => {
      const mixed = [storedJob("a", { history: [line("failed")] }), storedJob("b", change), storedJob("c")];
      await assert.rejects(store.restore(mixed), RejectedWrite);
      assert.deepEqual(await dumpAll(store), []);
      await store.restore([storedJob("a")]);
      assert.deepEqual((await store.get("a"))?.history, [], "no line was left behind");
    });
  }
}
