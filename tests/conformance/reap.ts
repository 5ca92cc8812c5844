import assert from "node:assert/strict";
import { FINISHED } from "../../queue/job.ts";
import type { ReapRequest } from "../../queue/store.ts";
import {
  add,
  addSuspect,
  bring,
  claimOne,
  claimSuspect,
  crash,
  CRASH_LIMIT,
  eventsOf,
  hold,
  jobOf,
  NOW,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

const SWEEP: ReapRequest = {
  ...{ before: NOW + 1, held: [], event: "stalled", detail: "silent for 30 s", now: NOW + 30_000 },
  ...{ limit: 100, charge: null },
};
const DEATH: ReapRequest = {
  ...SWEEP,
  event: "crashed",
  detail: "the process died",
  charge: { limit: CRASH_LIMIT },
};

export function reapCases(test: Case): void {
  sweepCases(test);
  chargeCases(test);
}

function sweepCases(test: Case): void {
  test("reap returns a stalled job to the line and records it in the history", async ({ store }) => {
    const held = await hold(store, "a", "c7");
    const before = await jobOf(store, "a");
    const reaped = await store.reap(SWEEP);
    assert.deepEqual(reaped, [{
      seq: held.seq,
      lease: held.lease,
      id: "a",
      kind: "file",
      consumerId: "c7",
      status: "PENDING",
    }]);
    const freed = {
      status: "PENDING",
      consumerId: null,
      lastHeartbeat: null,
      startedAt: null,
      updatedAt: SWEEP.now,
    };
    const line = {
      event: "stalled",
      lease: held.lease,
      retries: 0,
      consumerId: "c7",
      detail: "silent for 30 s",
      ...{ takenAt: NOW, ranMs: 0, report: null, log: null },
    };
    assert.deepEqual(await store.get("a"), {
      job: { ...before, ...freed },
      history: [{ at: SWEEP.now, ...line }],
    });
    assert.ok((await claimOne(store, "c2")).lease > held.lease);
  });

  test("reap keeps a job whose heartbeat is at the limit, and takes one just older", async ({ store }) => {
    await hold(store, "a");
    assert.deepEqual(await store.reap({ ...SWEEP, before: NOW }), []);
    assert.equal((await store.reap({ ...SWEEP, before: NOW + 1 })).length, 1);
  });

  test("reap leaves held jobs alone, whatever the clock says", async ({ store }) => {
    const { seq, lease } = await hold(store, "a");
    const old = await hold(store, "b");
    await store.reap({ ...SWEEP, held: [{ seq, lease }] });
    await claimOne(store);
    const held = [
      ...Array.from({ length: 200 }, (_, i) => ({ seq: 1000 + i, lease: 1 })),
      { seq, lease },
      old,
    ];
    assert.deepEqual((await store.reap({ ...SWEEP, held })).map((one) => one.id), ["b"]);
    assert.equal((await jobOf(store, "a")).status, "PROCESSING");
  });

  test("reap takes a job whose heartbeat lies in the future, because it would never become stale", async ({ store }) => {
    const { seq, lease } = await hold(store, "a");
    await store.renew([{ seq, lease }], SWEEP.now + 3_600_000);
    assert.deepEqual((await store.reap(SWEEP)).map((one) => one.id), ["a"]);
  });

  test("reap leaves every job alone that is not PROCESSING", async ({ store }) => {
    for (const status of ["PENDING", ...FINISHED] as const) await bring(store, status, status);
    assert.deepEqual(await store.reap({ ...DEATH, before: Number.MAX_SAFE_INTEGER }), []);
    assert.deepEqual(await eventsOf(store, "PENDING"), []);
  });

  test("reap takes no more than its limit at a time, and every stalled job in the end", async ({ store }) => {
    for (let i = 0; i < 5; i++) await hold(store, `a${i}`);
    const sizes = [];
    for (let turn = 0; turn < 4; turn++) sizes.push((await store.reap({ ...SWEEP, limit: 2 })).length);
    assert.deepEqual(sizes, [2, 2, 1, 0]);
  });

  test("reap keeps the retries and frees a job that was waiting for its next attempt", async ({ store }) => {
    await settleOne(store, settlement("retry", await hold(store, "a")));
    assert.equal((await store.reap({ ...SWEEP, before: NOW + 60_000 })).length, 1);
    assert.equal((await claimOne(store, "c2", NOW + 60_000)).retries, 1);
  });

  test("reap from two handles at once frees each job once", async ({ store, second }) => {
    const other = await second();
    for (let i = 0; i < 20; i++) await hold(store, `a${i}`);
    const reaped = (await Promise.all([store.reap(SWEEP), other.reap(SWEEP)])).flat();
    assert.equal(reaped.length, 20);
    assert.deepEqual(await eventsOf(store, "a7"), ["stalled"]);
  });
}

function chargeCases(test: Case): void {
  test("after a first death every job in flight is charged once, and after a second they are suspects", async ({ store }) => {
    await hold(store, "a");
    await hold(store, "b");
    await store.reap(DEATH);
    assert.deepEqual([(await jobOf(store, "a")).crashes, (await jobOf(store, "b")).crashes], [1, 1]);
    assert.deepEqual(await eventsOf(store, "a"), ["crashed"]);
    assert.equal((await claimOne(store)).id, "a");
    assert.equal((await claimOne(store)).id, "b");
    await store.reap(DEATH);
    assert.deepEqual([(await jobOf(store, "a")).crashes, (await jobOf(store, "b")).crashes], [1, 1]);
    assert.deepEqual([(await claimSuspect(store)).id, (await claimSuspect(store)).id], ["a", "b"]);
  });

  test("a job that ran alone when its process died is charged, up to the limit", async ({ store }) => {
    await add(store, "alone");
    const seen = [];
    for (let deaths = 1; deaths <= CRASH_LIMIT; deaths++) {
      const suspect = deaths === CRASH_LIMIT;
      await store.claim([{ consumerId: "c1", limit: 1, suspect }], NOW);
      const [reaped] = await store.reap(DEATH);
      seen.push([reaped?.status, (await jobOf(store, "alone")).crashes]);
    }
    assert.deepEqual(seen, [["PENDING", 1], ["PENDING", 2], ["UNPROCESSABLE", 3]]);
  });

  test("the suspect with the fewest crashes is tried first", async ({ store }) => {
    await addSuspect(store, "thrice", { priority: 9 });
    await hold(store, "once");
    await hold(store, "once too");
    await store.reap(DEATH);
    await claimOne(store);
    await claimOne(store);
    await store.reap(DEATH);
    const order = [];
    for (let i = 0; i < 3; i++) order.push((await claimSuspect(store)).id);
    assert.deepEqual(order, ["once", "once too", "thrice"]);
  });

  test("after a death a suspect in flight is charged alone", async ({ store }) => {
    await addSuspect(store, "suspect");
    await claimSuspect(store);
    await crash(store, await hold(store, "once"));
    assert.equal((await claimOne(store)).id, "once");
    await hold(store, "neighbour");
    const reaped = await store.reap(DEATH);
    assert.deepEqual(reaped.map((one) => [one.id, one.status]).sort(), [
      ["neighbour", "PENDING"],
      ["once", "PENDING"],
      ["suspect", "UNPROCESSABLE"],
    ]);
    assert.equal((await jobOf(store, "neighbour")).crashes, 0);
    assert.equal((await jobOf(store, "once")).crashes, 1);
    assert.equal((await jobOf(store, "suspect")).error, "the process died");
  });

  test("no number of deaths condemns a job that was never alone in flight", async ({ store }) => {
    for (let deaths = 1; deaths <= CRASH_LIMIT + 2; deaths++) {
      // Not yet suspects, or run side by side by a careless caller: in both cases no job is charged without proof.
      const requests = ["a", "b"].map((id) => ({ consumerId: id, limit: 1, suspect: false }));
      if (deaths === 1) { for (const id of ["a", "b"]) await add(store, id); }
      await store.claim(requests, NOW);
      await store.reap(DEATH);
    }
    for (const id of ["a", "b"]) {
      const { status, crashes } = await jobOf(store, id);
      assert.deepEqual([status, crashes], ["PENDING", 1]);
    }
    assert.equal((await claimSuspect(store)).crashes, 1);
  });

  test("a death does not charge a job that was waiting for its next attempt", async ({ store }) => {
    await settleOne(store, settlement("retry", await hold(store, "waits")));
    await hold(store, "runs");
    await store.reap({ ...DEATH, before: NOW + 1_000 });
    assert.equal((await jobOf(store, "waits")).crashes, 0);
    assert.equal((await jobOf(store, "runs")).crashes, 1);
  });

  test("a suspect that was waiting for its next attempt is not charged for the jobs that ran", async ({ store }) => {
    await addSuspect(store, "suspect");
    await settleOne(store, settlement("retry", await claimSuspect(store)));
    await hold(store, "runs");
    await store.reap({ ...DEATH, before: NOW + 1_000 });
    const { status, crashes } = await jobOf(store, "suspect");
    assert.deepEqual([status, crashes], ["PENDING", CRASH_LIMIT - 1]);
    assert.equal((await jobOf(store, "runs")).crashes, 1);
  });

  test("reap without a charge charges no job", async ({ store }) => {
    await addSuspect(store, "suspect");
    await claimSuspect(store);
    await hold(store, "plain");
    await store.reap(SWEEP);
    assert.equal((await jobOf(store, "suspect")).crashes, CRASH_LIMIT - 1);
    assert.equal((await jobOf(store, "plain")).crashes, 0);
  });
}
