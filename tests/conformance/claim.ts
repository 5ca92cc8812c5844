import assert from "node:assert/strict";
import { hostChannel } from "../../queue/capabilities.ts";
import type { ClaimAnswer, Store } from "../../queue/store.ts";
import { moveTableCases } from "./moves.ts";
import {
  add,
  addAll,
  addSuspect,
  at,
  claimOne,
  crash,
  hold,
  jobOf,
  newJob,
  NOW,
  retryIn,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

export function claimCases(test: Case): void {
  moveTableCases(test, ["claim"]);
  orderCases(test);
  delayCases(test);
  suspectCases(test);
  batchCases(test);
  kindCases(test);
}

function orderCases(test: Case): void {
  const line = [
    newJob("third", { priority: 0, runAt: NOW - 1 }),
    newJob("fourth", { priority: 0, runAt: NOW }),
    newJob("first", { priority: 9, runAt: NOW }),
    newJob("fifth", { priority: 0, runAt: NOW }),
    newJob("second", { priority: 1, runAt: NOW }),
    newJob("last", { priority: -100, runAt: NOW - 99 }),
  ];
  const order = ["first", "second", "third", "fourth", "fifth", "last"];

  test("claim orders jobs by priority, then by run_at, then by the order of adding", async ({ store }) => {
    await store.insert(line);
    assert.deepEqual(await claimedIds(store, 100), order);
  });

  test("claims one by one keep the same order as a claim in a batch", async ({ store }) => {
    await store.insert(line);
    const ids: string[] = [];
    while (ids.length < line.length) ids.push((await claimOne(store)).id);
    assert.deepEqual(ids, order);
  });

  test("claim gives the worker what it needs, and records the holder in the job", async ({ store }) => {
    await add(store, "a", { kind: "mail", payload: '{"to":"x"}', priority: 4 });
    const before = await jobOf(store, "a");
    const claimed = await claimOne(store, "c7", NOW + 3);
    const { seq } = before;
    assert.ok(claimed.lease > before.lease);
    assert.deepEqual(claimed, {
      ...{ consumerId: "c7", seq, lease: claimed.lease, id: "a", kind: "mail", payload: '{"to":"x"}' },
      ...{ retries: 0, crashes: 0, suspect: false },
    });
    const times = { lastHeartbeat: NOW + 3, startedAt: NOW + 3, updatedAt: NOW + 3 };
    const held = { ...before, ...times, status: "PROCESSING", consumerId: "c7", lease: claimed.lease };
    assert.deepEqual(await store.get("a"), { job: held, history: [] });
  });

  test("claim finds a released job at its old place in the line", async ({ store }) => {
    await store.insert([newJob("a"), newJob("b")]);
    assert.ok(await settleOne(store, settlement("release", await claimOne(store))));
    assert.deepEqual(await claimedIds(store, 2), ["a", "b"]);
  });
}

function delayCases(test: Case): void {
  test("claim never takes a job before its time, and takes it at its time", async ({ store }) => {
    await add(store, "a", { runAt: NOW + 100 });
    assert.deepEqual(await claimedIds(store, 9, NOW + 99), []);
    assert.deepEqual(await claimedIds(store, 9, NOW + 100), ["a"]);
  });

  test("delayed jobs of a higher priority do not hold up a claim", async ({ store }) => {
    await store.insert(
      Array.from({ length: 50 }, (_, i) => newJob(`later${i}`, { priority: 50 - i, runAt: NOW + 1 })),
    );
    await add(store, "due", { priority: -1 });
    assert.deepEqual(await claimedIds(store, 9), ["due"]);
  });

  test("claim returns when the next job becomes due", async ({ store }) => {
    await store.insert([
      newJob("a", { runAt: NOW + 700, priority: 5 }),
      newJob("b", { runAt: NOW + 300 }),
      newJob("c", { runAt: NOW + 500, priority: 9 }),
      newJob("due"),
    ]);
    const answer = await store.claim([{ consumerId: "c1", limit: 2, suspect: false }]);
    assert.deepEqual([answer.claimed.length, await answer.nextRunAt], [1, NOW + 300]);
  });

  test("claim returns no next time when nothing waits", async ({ store }) => {
    await hold(store, "held");
    assert.deepEqual(await told(store.claim([{ consumerId: "c2", limit: 1, suspect: false }])), EMPTY);
  });

  test("claim does not return the time of a suspect to a request for other jobs", async ({ store }) => {
    await addSuspect(store, "suspect");
    const answer = at(NOW + 5, store).claim([{ consumerId: "c2", limit: 1, suspect: false }]);
    assert.deepEqual(await told(answer), EMPTY);
  });
}

/** The whole answer, with its promise resolved. */
async function told(answer: Promise<ClaimAnswer>): Promise<ClaimAnswer> {
  const { claimed, nextRunAt } = await answer;
  return { claimed, nextRunAt: await nextRunAt };
}

const EMPTY = { claimed: [], nextRunAt: null };

function suspectCases(test: Case): void {
  test("claim gives a suspect only to a request for suspects", async ({ store }) => {
    await addSuspect(store, "suspect");
    await add(store, "plain");
    assert.deepEqual(await claimedIds(store, 9), ["plain"]);
  });

  test("claim of a suspect takes one suspect and nothing else", async ({ store }) => {
    await addSuspect(store, "suspect1");
    await addSuspect(store, "suspect2");
    await add(store, "plain");
    const { claimed } = await store.claim([{ consumerId: "c1", limit: 9, suspect: true }]);
    assert.deepEqual(claimed.map((one) => [one.id, one.suspect, one.crashes]), [["suspect1", true, 2]]);
  });

  test("claim of a suspect does not take it before its time", async ({ store }) => {
    await addSuspect(store, "suspect", { runAt: NOW + 50 });
    const request = { consumerId: "c1", limit: 1, suspect: true };
    const early = await told(at(NOW + 49, store).claim([request]));
    assert.deepEqual(early, { claimed: [], nextRunAt: NOW + 50 });
    assert.equal((await at(NOW + 50, store).claim([request])).claimed.length, 1);
  });

  test("claim returns no next time because there is no suspect, if all others got their jobs", async ({ store }) => {
    await add(store, "plain");
    await store.insert([newJob("later", { runAt: NOW + 500 })]);
    const suspect = { consumerId: "c1", limit: 1, suspect: true };
    const both = [suspect, { consumerId: "c1", limit: 1, suspect: false }];
    const filled = await store.claim(both);
    assert.deepEqual([filled.claimed.length, await filled.nextRunAt], [1, null]);
    assert.equal(await (await store.claim(both)).nextRunAt, NOW + 500);
    assert.deepEqual(await told(store.claim([suspect])), { claimed: [], nextRunAt: NOW + 500 });
  });

  test("claim takes a job with a single crash like any other", async ({ store }) => {
    assert.ok(await crash(store, await hold(store, "a")));
    assert.deepEqual(await claimedIds(store, 1), ["a"]);
  });
}

function batchCases(test: Case): void {
  test("claim never gives a consumer more than its limit", async ({ store }) => {
    await addMany(store, 10);
    const limits = { c1: 3, c2: 1, c3: 4 };
    const requests = Object.entries(limits).map(([consumerId, limit]) => ({
      consumerId,
      limit,
      suspect: false,
    }));
    const { claimed, nextRunAt } = await store.claim(requests);
    for (const [consumerId, limit] of Object.entries(limits)) {
      assert.equal(claimed.filter((one) => one.consumerId === consumerId).length, limit);
    }
    assert.equal(await nextRunAt, null);
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, 2);
  });

  test("claim takes fewer jobs if their payloads are large, in their order, and says that more are due", async ({ store }) => {
    const payload = JSON.stringify("x".repeat(999_998));
    const ids = Array.from({ length: 12 }, (_, i) => `${i}`);
    await addAll(store, [newJob("tiny"), ...ids.map((id) => newJob(id, { payload }))]);
    const claim = () => store.claim([{ consumerId: "c1", limit: 20, suspect: false }]);
    const first = await claim();
    // The job that reaches the limit is the last one.
    assert.deepEqual(first.claimed.map(({ id }) => id), ["tiny", ...ids.slice(0, 9)]);
    assert.deepEqual(first.claimed.slice(1).filter((job) => job.payload !== payload), []);
    assert.ok((await first.nextRunAt ?? Infinity) <= NOW);
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PROCESSING, 10);
    const second = await claim();
    assert.deepEqual(second.claimed.map(({ id }) => id), ids.slice(9));
    assert.deepEqual(await store.check(), []);
  });

  test("claim serves every consumer of a batch while there are enough jobs", async ({ store }) => {
    await addMany(store, 10);
    const requests = Array.from(
      { length: 10 },
      (_, i) => ({ consumerId: `c${i}`, limit: 1, suspect: false }),
    );
    const { claimed } = await store.claim(requests);
    assert.equal(new Set(claimed.map((one) => one.consumerId)).size, 10);
    assert.equal(new Set(claimed.map((one) => one.seq)).size, 10);
  });

  test("claim in a batch takes the head of the line when there are too few jobs", async ({ store }) => {
    await addMany(store, 5);
    const requests = ["c1", "c2", "c3"].map((consumerId) => ({ consumerId, limit: 3, suspect: false }));
    const { claimed } = await store.claim(requests);
    assert.deepEqual(claimed.map((one) => one.id).sort(), ["j0", "j1", "j2", "j3", "j4"]);
  });

  test("a claim after a clock rollback moves run times back, and claims what was due", async ({ store }) => {
    const step = { from: NOW + 3_600_000, to: NOW };
    await add(store, "due", { runAt: step.from });
    await add(store, "later", { runAt: step.from + 1 });
    const waits = await hold(store, "waits");
    await settleOne(store, retryIn(2_000, waits), step.from);
    const requests = [{ consumerId: "c2", limit: 9, suspect: false }];
    const { claimed } = await store.claim(requests, { setBack: step });
    assert.deepEqual(claimed.map(({ id }) => id), ["due"]);
    assert.equal((await jobOf(store, "due")).runAt, NOW);
    assert.equal((await jobOf(store, "later")).runAt, step.from + 1);
    assert.equal((await jobOf(store, "waits")).runAt, NOW + 2_000);
  });

  test("a clock rollback that several hosts find, each at its own moment, shortens no wait more than once", async ({ store, second }) => {
    if (hostChannel(store) === null) return;
    const other = await second();
    const waits = await hold(store, "waits");
    const from = NOW + HOUR_MS;
    await settleOne(store, retryIn(2 * HOUR_MS, waits), from);
    const find = async (host: Store, at: number, to: number) => {
      await host.claim(ONE, { setBack: { from: at, to } });
      return (await jobOf(store, "waits")).runAt - to;
    };
    assert.equal(await find(store, from, NOW), 2 * HOUR_MS);
    assert.equal(await find(other, from + 900, NOW + 1_000), 2 * HOUR_MS - 1_000);
    // Another rollback, which begins at about the same time, and is found by the hosts in another order.
    assert.equal(await find(other, from + 2_000, NOW + 2_000), HOUR_MS - 2_000);
    assert.equal(await find(store, from + 1_500, NOW + 2_500), HOUR_MS - 2_500);
    assert.deepEqual(await store.check(), []);
  });

  test("claim from two handles at once never gives a job twice", async ({ store, second }) => {
    const other = await second();
    await addMany(store, 300);
    const claims = Array.from({ length: 60 }, (_, i) => {
      const requests = [{ consumerId: `c${i}`, limit: 4, suspect: false }, {
        consumerId: `d${i}`,
        limit: 1,
        suspect: false,
      }];
      return (i % 2 ? store : other).claim(requests);
    });
    const claimed = (await Promise.all(claims)).flatMap((answer) => answer.claimed);
    assert.equal(claimed.length, 300);
    assert.equal(new Set(claimed.map((one) => one.id)).size, 300);
    for (const { id, consumerId } of claimed) assert.equal((await jobOf(store, id)).consumerId, consumerId);
  });

  test("claim of nothing returns nothing", async ({ store }) => {
    await add(store, "a");
    assert.deepEqual((await store.claim([])).claimed, []);
    assert.equal((await jobOf(store, "a")).status, "PENDING");
  });
}

async function addMany(store: Store, count: number): Promise<void> {
  await addAll(store, Array.from({ length: count }, (_, i) => newJob(`j${i}`)));
}

async function claimedIds(store: Store, limit: number, now = NOW): Promise<string[]> {
  const { claimed } = await at(now, store).claim([{ consumerId: "c1", limit, suspect: false }]);
  return claimed.map((one) => one.id);
}

const HOUR_MS = 3_600_000;
const ONE = [{ consumerId: "c1", limit: 1, suspect: false }];

function kindCases(test: Case): void {
  const only = (...kinds: string[]) => ({ kinds });
  const addMails = (store: Store, count: number) =>
    addAll(store, Array.from({ length: count }, (_, i) => newJob(`m${i}`, { kind: "mail", priority: 9 })));
  const parkedOf = async (store: Store) => (await store.stats({ silentForMs: 0 })).parked;

  test("claim skips kinds that it was not asked for: their jobs wait, and are reported", async ({ store }) => {
    await addMails(store, 3);
    await add(store, "f");
    const { claimed } = await store.claim(ONE, only("file", "noop"));
    assert.deepEqual(claimed.map(({ id }) => id), ["f"]);
    for (const id of ["m0", "m1", "m2"]) {
      const { status, retries, consumerId, startedAt } = await jobOf(store, id);
      assert.deepEqual({ status, retries, consumerId, startedAt }, {
        ...{ status: "PENDING", retries: 0, consumerId: null, startedAt: null },
      });
    }
    assert.deepEqual(await parkedOf(store), [{ kind: "mail", count: 3 }]);
    const { counts, oldestDueAt } = await store.stats({ silentForMs: 0 });
    assert.deepEqual([counts.PENDING, counts.PROCESSING, oldestDueAt], [3, 1, null]);
    assert.deepEqual(await told(store.claim(ONE, only("file", "noop"))), EMPTY);
    assert.deepEqual(await store.check(), []);
  });

  test("claim takes what was parked once it asks for that kind, in its order", async ({ store }) => {
    await addMails(store, 3);
    await add(store, "f");
    await store.claim(ONE, only("noop"));
    assert.deepEqual((await parkedOf(store)).map(({ kind }) => kind), ["file", "mail"]);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { claimed: [job] } = await store.claim(ONE, only("file", "mail"));
      ids.push(job?.id ?? "nothing");
    }
    assert.deepEqual(ids, ["m0", "m1", "m2", "f"]);
    assert.deepEqual(await parkedOf(store), []);
  });

  test("claim parks a suspect of a kind that it was not asked for, and it stays a suspect", async ({ store }) => {
    await addSuspect(store, "s", { kind: "mail" });
    const asked = [{ consumerId: "c1", limit: 1, suspect: true }];
    assert.deepEqual((await store.claim(asked, only("file"))).claimed, []);
    assert.deepEqual(await parkedOf(store), [{ kind: "mail", count: 1 }]);
    const { claimed } = await store.claim(asked, only("mail"));
    assert.deepEqual(claimed.map(({ id, suspect }) => ({ id, suspect })), [{ id: "s", suspect: true }]);
  });

  test("a parked job is canceled and resubmitted like any other", async ({ store }) => {
    await addMails(store, 1);
    await store.claim(ONE, only("file"));
    await store.move("cancel", ["m0"]);
    assert.deepEqual(await parkedOf(store), []);
    await store.move("resubmit", ["m0"]);
    const { claimed } = await store.claim(ONE, only("mail"));
    assert.deepEqual(claimed.map(({ id }) => id), ["m0"]);
    assert.deepEqual(await store.check(), []);
  });

  test("claim gets past thousands of jobs that it may not take, some with each call", async ({ store }) => {
    await addMails(store, 4_000);
    await add(store, "f");
    for (let calls = 1;; calls++) {
      const { claimed, nextRunAt } = await store.claim(ONE, only("file"));
      if (claimed[0]?.id === "f") break;
      assert.ok(calls < 20, "it never reaches the job");
      const at = await nextRunAt;
      assert.ok(at !== null && at <= NOW, "it would not be called again");
    }
    assert.deepEqual(await parkedOf(store), [{ kind: "mail", count: 4_000 }]);
  });
}
