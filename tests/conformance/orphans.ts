import assert from "node:assert/strict";
import { FINISHED } from "../../queue/job.ts";
import type { Death } from "../../queue/policy/deaths.ts";
import type { Orphan, OrphanRequest } from "../../queue/store.ts";
import {
  add,
  addSuspect,
  ALL,
  at,
  bring,
  claimOne,
  claimSuspect,
  crash,
  CRASH_LIMIT,
  eventsOf,
  hold,
  jobOf,
  NOW,
  reap,
  REAPED_AT,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

/** Makes heartbeats at NOW just too old. */
const SILENT: OrphanRequest = { alive: { agoMs: -1, aheadMs: 90_000 }, held: [], limit: 100 };
const NO_CHARGE = {
  death: { event: "stalled", detail: "silent for 30 s", crashLimit: null },
} satisfies { death: Partial<Death> };

export function orphansCases(test: Case): void {
  selectionCases(test);
  chargeCases(test);
}

function selectionCases(test: Case): void {
  test("orphans returns the facts about a job with a silent holder, and changes nothing", async ({ store }) => {
    const { seq, lease } = await hold(store, "a", "c7");
    const before = await store.get("a");
    const facts = { consumerId: "c7", crashes: 0, suspect: false, runAt: NOW, startedAt: NOW };
    assert.deepEqual(await store.orphans(SILENT), [
      { seq, lease, id: "a", kind: "file", ...facts, lastHeartbeat: NOW },
    ]);
    assert.deepEqual(await store.get("a"), before);
  });

  test("a settled orphan is back in the line, and its history has a line", async ({ store }) => {
    const held = await hold(store, "a", "c7");
    const before = await jobOf(store, "a");
    assert.equal((await reap(store, NO_CHARGE)).length, 1);
    const freed = {
      status: "PENDING",
      consumerId: null,
      lastHeartbeat: null,
      startedAt: null,
      updatedAt: REAPED_AT,
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
      history: [{ at: REAPED_AT, ...line }],
    });
    assert.ok((await claimOne(store, "c2")).lease > held.lease);
  });

  test("a heartbeat at either end of the allowed span is alive, one outside it is not", async ({ store }) => {
    await hold(store, "a");
    const found = async (from: number, to: number) =>
      (await store.orphans({ ...SILENT, alive: { agoMs: NOW - from, aheadMs: to - NOW } })).length;
    assert.deepEqual([await found(NOW, NOW + 1), await found(NOW - 1, NOW)], [0, 0]);
    assert.deepEqual([await found(NOW + 1, NOW + 2), await found(NOW - 2, NOW - 1)], [1, 1]);
  });

  test("a job of a process without a row is an orphan, however young its heartbeat", async ({ store }) => {
    const { seq, lease } = await hold(store, "a");
    await at(NOW + 3_600_000, store).renew([{ seq, lease }]);
    assert.deepEqual(await idsOf(store.orphans(ALL)), ["a"]);
  });

  test("orphans leaves held jobs out, whatever the clock says", async ({ store }) => {
    const { seq, lease } = await hold(store, "a");
    const old = await hold(store, "b");
    await reap(store, { ...NO_CHARGE, ...SILENT, held: [{ seq, lease }] });
    await claimOne(store);
    const held = [
      ...Array.from({ length: 200 }, (_, i) => ({ seq: 1000 + i, lease: 1 })),
      { seq, lease },
      old,
    ];
    assert.deepEqual(await idsOf(store.orphans({ ...SILENT, held })), ["b"]);
  });

  test("a job that is not PROCESSING is not an orphan", async ({ store }) => {
    for (const status of ["PENDING", ...FINISHED] as const) await bring(store, status, status);
    assert.deepEqual([...await store.orphans(SILENT), ...await store.orphans(ALL)], []);
  });

  test("orphans returns no more than its limit, in the order of seq", async ({ store }) => {
    for (let i = 0; i < 5; i++) await hold(store, `a${i}`);
    const pages = [];
    for (let turn = 0; turn < 4; turn++) {
      pages.push((await reap(store, { ...NO_CHARGE, limit: 2 })).map(({ id }) => id));
    }
    assert.deepEqual(pages, [["a0", "a1"], ["a2", "a3"], ["a4"], []]);
  });

  test("an orphan that waited for its next attempt keeps its retries", async ({ store }) => {
    await settleOne(store, settlement("retry", await hold(store, "a")));
    assert.equal((await reap(store, NO_CHARGE)).length, 1);
    assert.equal((await claimOne(store, "c2", NOW + 60_000)).retries, 1);
  });

  test("two handles that settle the same orphans at once free each job once", async ({ store, second }) => {
    const other = await second();
    for (let i = 0; i < 20; i++) await hold(store, `a${i}`);
    const reaped = (await Promise.all([reap(store), reap(other)])).flat();
    assert.equal(reaped.length, 20);
    assert.deepEqual(await eventsOf(store, "a7"), ["crashed"]);
    assert.equal((await jobOf(store, "a7")).crashes, 1);
  });
}

async function idsOf(orphans: Promise<readonly Orphan[]>): Promise<string[]> {
  return (await orphans).map(({ id }) => id);
}

function chargeCases(test: Case): void {
  test("after a first death every job in flight is charged once, and after a second they are suspects", async ({ store }) => {
    await hold(store, "a");
    await hold(store, "b");
    await reap(store);
    assert.deepEqual([(await jobOf(store, "a")).crashes, (await jobOf(store, "b")).crashes], [1, 1]);
    assert.deepEqual(await eventsOf(store, "a"), ["crashed"]);
    assert.equal((await claimOne(store)).id, "a");
    assert.equal((await claimOne(store)).id, "b");
    await reap(store);
    assert.deepEqual([(await jobOf(store, "a")).crashes, (await jobOf(store, "b")).crashes], [1, 1]);
    assert.deepEqual([(await claimSuspect(store)).id, (await claimSuspect(store)).id], ["a", "b"]);
  });

  test("a job that ran alone when its process died is charged, up to the limit", async ({ store }) => {
    await add(store, "alone");
    const seen = [];
    for (let deaths = 1; deaths <= CRASH_LIMIT; deaths++) {
      const suspect = deaths === CRASH_LIMIT;
      await store.claim([{ consumerId: "c1", limit: 1, suspect }]);
      const [reaped] = await reap(store);
      const { status, crashes } = await jobOf(store, "alone");
      seen.push([status, crashes]);
      assert.equal(reaped?.id, "alone");
    }
    assert.deepEqual(seen, [["PENDING", 1], ["PENDING", 2], ["UNPROCESSABLE", 3]]);
  });

  test("the suspect with the fewest crashes runs first", async ({ store }) => {
    await addSuspect(store, "thrice", { priority: 9 });
    await hold(store, "once");
    await hold(store, "once too");
    await reap(store);
    await claimOne(store);
    await claimOne(store);
    await reap(store);
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
    const reaped = await reap(store);
    assert.deepEqual(reaped.map(({ id }) => id).sort(), ["neighbour", "once", "suspect"]);
    assert.equal((await jobOf(store, "suspect")).status, "UNPROCESSABLE");
    assert.equal((await jobOf(store, "neighbour")).crashes, 0);
    assert.equal((await jobOf(store, "once")).crashes, 1);
    assert.equal((await jobOf(store, "suspect")).error, "the process died");
  });

  test("no number of deaths condemns a job that was never alone in flight", async ({ store }) => {
    for (let deaths = 1; deaths <= CRASH_LIMIT + 2; deaths++) {
      // Not yet suspects, or run concurrently by a careless caller: either way no job is charged without proof.
      const requests = ["a", "b"].map((id) => ({ consumerId: id, limit: 1, suspect: false }));
      if (deaths === 1) { for (const id of ["a", "b"]) await add(store, id); }
      await store.claim(requests);
      await reap(store);
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
    await reap(store);
    assert.equal((await jobOf(store, "waits")).crashes, 0);
    assert.equal((await jobOf(store, "runs")).crashes, 1);
  });

  test("a suspect that was waiting for its next attempt is not charged for the jobs that ran", async ({ store }) => {
    await addSuspect(store, "suspect");
    await settleOne(store, settlement("retry", await claimSuspect(store)));
    await hold(store, "runs");
    await reap(store);
    const { status, crashes } = await jobOf(store, "suspect");
    assert.deepEqual([status, crashes], ["PENDING", CRASH_LIMIT - 1]);
    assert.equal((await jobOf(store, "runs")).crashes, 1);
  });

  test("a death without a charge charges no job", async ({ store }) => {
    await addSuspect(store, "suspect");
    await claimSuspect(store);
    await hold(store, "plain");
    await reap(store, NO_CHARGE);
    assert.equal((await jobOf(store, "suspect")).crashes, CRASH_LIMIT - 1);
    assert.equal((await jobOf(store, "plain")).crashes, 0);
  });
}
