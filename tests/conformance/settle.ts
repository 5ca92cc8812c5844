import assert from "node:assert/strict";
import type { Lease } from "../../queue/job.ts";
import { LOSSES } from "./lost_leases.ts";
import { moveTableCases } from "./moves.ts";
import {
  at,
  claimOne,
  crash,
  CRASH_LIMIT,
  eventsOf,
  hold,
  jobOf,
  NOW,
  retryIn,
  SETTLE_VERBS,
  SETTLED_AT,
  settlement,
  settleOne,
  type SettleVerb,
} from "./stage.ts";
import type { Case } from "./suite.ts";

export function settleCases(test: Case): void {
  moveTableCases(test, SETTLE_VERBS);
  factCases(test);
  fenceCases(test);
  chargeCases(test);
}

const AT = SETTLED_AT;

/** The changes that each verb makes to the job, and the line that it adds to the history. */
const EFFECTS: Record<
  SettleVerb,
  { job: object; story: { event: string; retries: number; detail: string } | null }
> = {
  complete: {
    job: { status: "COMPLETED", result: '"done"', error: null, finishedAt: AT, updatedAt: AT },
    story: null,
  },
  retry: {
    job: { retries: 1, runAt: AT + 5_000, error: "it broke", lastHeartbeat: AT, updatedAt: AT },
    story: { event: "retried", retries: 1, detail: "it broke" },
  },
  exhaust: {
    job: { status: "UNPROCESSABLE", retries: 3, error: "it broke too often", finishedAt: AT, updatedAt: AT },
    story: { event: "exhausted", retries: 3, detail: "it broke too often" },
  },
  fail: {
    job: { status: "FAILED", retries: 2, error: "it is hopeless", finishedAt: AT, updatedAt: AT },
    story: { event: "failed", retries: 2, detail: "it is hopeless" },
  },
  release: {
    job: { status: "PENDING", consumerId: null, lastHeartbeat: null, startedAt: null, updatedAt: AT },
    story: { event: "released", retries: 0, detail: "the system stops" },
  },
};

function factCases(test: Case): void {
  for (const verb of SETTLE_VERBS) {
    test(`${verb} writes the given facts, and only those`, async ({ store }) => {
      const held = await hold(store, "a");
      const before = await jobOf(store, "a");
      assert.equal(await settleOne(store, settlement(verb, held)), true);
      const { job, story } = EFFECTS[verb];
      const facts = { at: AT, lease: held.lease, consumerId: "c1", takenAt: NOW, ranMs: null, report: null };
      const history = story === null ? [] : [{ ...facts, log: null, ...story }];
      assert.deepEqual(await store.get("a"), { job: { ...before, ...job }, history });
    });
  }

  for (const verb of ["retry", "exhaust", "fail", "release"] as const) {
    test(`${verb} stores the report of the attempt`, async ({ store }) => {
      const held = await hold(store, "a");
      const report = { ranMs: 12, detail: "Error: it broke\n    at mail.ts:1:2", log: "+0.001 s hello" };
      await settleOne(store, { ...settlement(verb, held), report });
      const [line] = (await store.get("a"))?.history ?? [];
      assert.deepEqual([line?.takenAt, line?.ranMs, line?.report, line?.log], [
        NOW,
        ...Object.values(report),
      ]);
    });
  }

  test("the long texts of very many attempts are kept, and returned for the newest", async ({ store }) => {
    const held = await hold(store, "a");
    const report = { ranMs: 1, detail: "long", log: "lines" };
    for (let i = 0; i < 25; i++) await settleOne(store, { ...retryIn(0, held), retries: i + 1, report });
    const history = (await store.get("a"))?.history ?? [];
    assert.deepEqual(history.map((line) => line.report), [...Array(5).fill(null), ...Array(20).fill("long")]);
    assert.ok(history.every(({ ranMs }) => ranMs === 1));
  });

  test("a retry replaces the line of the previous one if asked to, and keeps the error if it has none", async ({ store }) => {
    const held = await hold(store, "a");
    const snooze = (detail: string, replacesLine: boolean) =>
      settleOne(store, {
        ...retryIn(0, held),
        ...{ event: "postponed", detail, error: null, replacesLine } as const,
      });
    const told = async () => (await store.get("a"))?.history.map(({ event, detail }) => `${event} ${detail}`);
    await settleOne(store, retryIn(0, held));
    // The line before it is about another event.
    await snooze("not yet", true);
    await snooze("still not", true);
    assert.deepEqual(await told(), ["retried it broke", "postponed still not"]);
    await snooze("nor now", false);
    assert.deepEqual(await told(), ["retried it broke", "postponed still not", "postponed nor now"]);
    assert.equal((await jobOf(store, "a")).error, "it broke");
    await settleOne(store, settlement("release", held));
    const again = await claimOne(store, "c2", AT);
    await settleOne(store, {
      ...retryIn(0, again),
      ...{ event: "postponed", detail: "later", error: null, replacesLine: true } as const,
    });
    // Another attempt, under another lease.
    assert.equal((await told())?.at(-1), "postponed later");
    assert.equal((await told())?.length, 5);
  });

  test("complete clears the error of an earlier attempt and keeps the retries", async ({ store }) => {
    const held = await hold(store, "a");
    await settleOne(store, settlement("retry", held));
    await settleOne(store, settlement("complete", held));
    const { error, retries } = await jobOf(store, "a");
    assert.deepEqual([error, retries], [null, 1]);
  });

  test("a result may be null, and a long error is kept whole", async ({ store }) => {
    const [a, b] = [await hold(store, "a"), await hold(store, "b")];
    const error = `\u0001\n${"é".repeat(10_000)}`;
    const { seq, lease } = b;
    await store.settle([
      { seq: a.seq, lease: a.lease, verb: "complete", result: null },
      { seq, lease, verb: "fail", retries: 0, error },
    ]);
    assert.equal((await jobOf(store, "a")).result, null);
    assert.ok((await jobOf(store, "b")).error === error);
  });

  test("releasing a job that never started leaves no line in the history", async ({ store }) => {
    const { seq, lease } = await hold(store, "a");
    assert.equal(await settleOne(store, { seq, lease, ...UNBEGUN }), true);
    assert.deepEqual(await eventsOf(store, "a"), []);
  });

  test("an ending that is passed twice is stored once", async ({ store }) => {
    for (const ending of [{ verb: "complete", result: null }, UNBEGUN] as const) {
      const { seq, lease } = await hold(store, ending.verb);
      const once = { seq, lease, ...ending };
      const isComplete = ending.verb === "complete";
      assert.deepEqual(await at(AT, store).settle([once, once]), [true, isComplete], ending.verb);
    }
  });

  for (const verb of ["complete", "retry", "exhaust", "fail"] as const) {
    test(`${verb} that is repeated, because its answer was lost, is no lost lease, and changes nothing`, async ({ store }) => {
      const held = await hold(store, "a");
      assert.equal(await settleOne(store, settlement(verb, held)), true);
      const before = [await store.get("a"), await store.stats({ silentForMs: 0 })];
      assert.equal(await settleOne(store, settlement(verb, held), AT + 1_000), true);
      assert.deepEqual([await store.get("a"), await store.stats({ silentForMs: 0 })], before);
    });
  }

  test("a postponed attempt that is repeated, because its answer was lost, does not wait again, and the next one does", async ({ store }) => {
    const held = await hold(store, "a");
    const report = { ranMs: 5, detail: null, log: null };
    const waits = {
      event: "postponed",
      retries: 0,
      detail: "not yet",
      error: null,
      replacesLine: true,
    } as const;
    const snooze = { ...retryIn(1_000, held), ...waits, report };
    const told = async () => [await store.get("a"), await store.stats({ silentForMs: 0 })];
    assert.equal(await settleOne(store, snooze, AT), true);
    const before = await told();
    for (const now of [AT, AT + 499]) assert.equal(await settleOne(store, snooze, now), true);
    assert.deepEqual(await told(), before);
    const others = [{ report: { ...report, ranMs: 6 } }, { detail: "still not" }, { delayMs: 2_000 }];
    for (const [i, more] of others.entries()) {
      const other = { ...snooze, ...more };
      assert.equal(await settleOne(store, other, AT + i), true);
      assert.equal((await jobOf(store, "a")).runAt, AT + i + other.delayMs);
    }
    // Its clock is a little behind.
    assert.equal(await settleOne(store, { ...snooze, delayMs: 2_000 }, AT + 2_001), true);
    assert.equal((await jobOf(store, "a")).runAt, AT + 4_001);
    assert.equal((await store.get("a"))?.history.length, 1);
  });

  test("a completion with another result than the stored one is no repetition: it is refused, and the stored one stays", async ({ store }) => {
    const held = await hold(store, "a");
    const ended = (result: string | null) => ({ ...held, verb: "complete", result } as const);
    assert.equal(await settleOne(store, ended('"first"')), true);
    for (const other of ['"second"', null]) assert.equal(await settleOne(store, ended(other)), false);
    assert.equal(await settleOne(store, ended('"first"')), true);
    assert.equal((await jobOf(store, "a")).result, '"first"');
  });

  test("of many completions that are repeated, only one whose lease was lost is refused", async ({ store }) => {
    const jobs = [];
    for (let i = 0; i < 6; i++) jobs.push(await hold(store, `a${i}`));
    await store.move("cancel", ["a3"]);
    const all = jobs.map((job) => settlement("complete", job));
    const expected = jobs.map((_, i) => i !== 3);
    for (let i = 0; i < 2; i++) assert.deepEqual(await at(AT + i, store).settle(all), expected);
    assert.equal((await jobOf(store, "a0")).finishedAt, AT);
  });

  for (const others of [[], ["complete", "fail"]] as const) {
    test(`many jobs that never started go back as they came, together with ${others.length} other endings`, async ({ store }) => {
      const retried = await hold(store, "retried");
      await settleOne(store, settlement("retry", retried));
      const jobs = [retried];
      for (let i = 0; i < 10; i++) jobs.push(await hold(store, `a${i}`));
      const ended = [];
      for (const verb of others) ended.push(settlement(verb, await hold(store, verb)));
      await store.move("cancel", ["a3"]);
      await settleOne(store, settlement("release", jobs[1] as Lease));
      assert.equal((await claimOne(store, "c2", AT)).id, "a0");
      const unbegun = jobs.map(({ seq, lease }) => ({ seq, lease, ...UNBEGUN }));
      const held = await at(AT, store).settle([...unbegun.slice(0, 5), ...ended, ...unbegun.slice(5)]);
      assert.deepEqual(held, held.map((_, i) => i !== 1 && i !== 4), "a lost lease changes nothing");
      for (const { id } of jobs.filter(({ id }) => id !== "a0" && id !== "a3")) {
        const { status, consumerId, lastHeartbeat, startedAt, finishedAt, updatedAt } = await jobOf(
          store,
          id,
        );
        const facts = [status, consumerId, lastHeartbeat, startedAt, finishedAt, updatedAt];
        assert.deepEqual(facts, ["PENDING", null, null, null, null, AT]);
      }
      const { retries, error } = await jobOf(store, "retried");
      assert.deepEqual([retries, error], [1, "it broke"]);
      assert.deepEqual(await eventsOf(store, "retried"), ["retried"]);
      assert.equal((await jobOf(store, "a3")).status, "CANCELED");
      assert.equal((await jobOf(store, "a0")).consumerId, "c2");
      const { counts } = await store.stats({ silentForMs: 0 });
      assert.deepEqual([counts.PENDING, counts.COMPLETED + counts.FAILED], [9, others.length]);
    });
  }

  test("release keeps the retries", async ({ store }) => {
    const held = await hold(store, "a");
    await settleOne(store, settlement("retry", held));
    await settleOne(store, settlement("release", held));
    assert.equal((await claimOne(store, "c2", NOW + 9_000)).retries, 1);
  });
}

const UNBEGUN = { verb: "release", event: null, detail: null, charge: null } as const;

/** After these the same ending is a repetition: its answer may have been lost. */
const REPEATED_BY: Partial<Record<SettleVerb, keyof typeof LOSSES>> = {
  complete: "it is complete",
  fail: "it has failed",
  exhaust: "it is exhausted",
};

function fenceCases(test: Case): void {
  for (const [how, lose] of Object.entries(LOSSES)) {
    test(`no settlement is stored after ${how}`, async ({ store }) => {
      const held = await hold(store, "a");
      await lose(store, held);
      const before = [await store.get("a"), await store.stats({ silentForMs: 0 })];
      for (const verb of SETTLE_VERBS) {
        const isRepeat = how === REPEATED_BY[verb];
        assert.equal(await settleOne(store, settlement(verb, held)), isRepeat, verb);
      }
      assert.equal(await crash(store, held), false);
      assert.deepEqual([await store.get("a"), await store.stats({ silentForMs: 0 })], before);
    });
  }

  test("when a batch settles one lease twice, the first wins", async ({ store }) => {
    const held = await hold(store, "a");
    assert.deepEqual(await store.settle([settlement("fail", held), settlement("complete", held)]), [
      true,
      false,
    ]);
    assert.equal((await jobOf(store, "a")).status, "FAILED");
  });

  test("when two handles settle one lease at once, exactly one wins", async ({ store, second }) => {
    const other = await second();
    for (let round = 0; round < 10; round++) {
      const held = await hold(store, `a${round}`);
      const verbs = ["complete", "exhaust"] as const;
      const [a, b] = await Promise.all(
        verbs.map((verb, i) => settleOne(i === round % 2 ? store : other, settlement(verb, held))),
      );
      assert.notEqual(a, b);
      assert.equal((await jobOf(store, held.id)).status, a ? "COMPLETED" : "UNPROCESSABLE");
    }
  });

  for (const some of ["some", "none"]) {
    test(`many completions at once, ${some} with a result: each is written under its own lease, and a lost one changes nothing`, async ({ store }) => {
      const jobs = [];
      for (let i = 0; i < 20; i++) jobs.push(await hold(store, `a${i}`));
      await store.move("cancel", ["a3"]);
      await settleOne(store, settlement("release", jobs[7] as Lease));
      const again = await claimOne(store, "c2", AT);
      assert.equal(again.id, "a7");
      const results = jobs.map((_, i) =>
        some === "none" || i % 5 === 0 ? null : JSON.stringify(`„${i}\u0000“ \\ "`)
      );
      const settled = await at(AT, store).settle(
        jobs.map(({ seq, lease }, i) => ({ seq, lease, verb: "complete", result: results[i] ?? null })),
      );
      assert.deepEqual(settled, jobs.map((_, i) => i !== 3 && i !== 7));
      for (const [i, { id }] of jobs.entries()) {
        const { status, result, finishedAt, error } = await jobOf(store, id);
        if (i === 3) assert.deepEqual([status, result], ["CANCELED", null]);
        else if (i === 7) assert.deepEqual([status, result], ["PROCESSING", null]);
        else assert.deepEqual([status, result, finishedAt, error], ["COMPLETED", results[i], AT, null]);
      }
      const late = jobs.map(({ seq, lease }) => ({ seq, lease, verb: "complete", result: "9" }) as const);
      assert.deepEqual(
        await store.settle(late),
        late.map(() => false),
        "each job has ended with another result",
      );
      for (const [i, { id }] of jobs.entries()) {
        if (settled[i]) assert.equal((await jobOf(store, id)).result, results[i], "none is completed twice");
      }
    });
  }

  test("of many completions with one lease twice, the first wins", async ({ store }) => {
    const jobs = [];
    for (let i = 0; i < 6; i++) jobs.push(await hold(store, `a${i}`));
    const complete = ({ seq, lease }: Lease, result: string) =>
      ({ seq, lease, verb: "complete", result }) as const;
    const twice = jobs[2] as Lease;
    const batch = [...jobs.map((job) => complete(job, "1")), complete(twice, "2")];
    assert.deepEqual(await store.settle(batch), [...jobs.map(() => true), false]);
    assert.equal((await jobOf(store, "a2")).result, "1");
  });

  test("settle returns results in the order of its requests, for lost and held leases alike", async ({ store }) => {
    const [a, b, c] = [await hold(store, "a"), await hold(store, "b"), await hold(store, "c")];
    await store.move("cancel", ["b"]);
    const batch = [settlement("fail", c), settlement("complete", b), settlement("complete", a)];
    assert.deepEqual(await store.settle([...batch, settlement("complete", { seq: 999, lease: 1 })]), [
      true,
      false,
      true,
      false,
    ]);
    assert.deepEqual(await store.settle([]), []);
  });
}

function chargeCases(test: Case): void {
  test("a charge at the limit makes the job UNPROCESSABLE, one below it PENDING", async ({ store }) => {
    await crash(store, await hold(store, "a"));
    for (let crashes = 1; crashes < CRASH_LIMIT; crashes++) {
      const { status, error, finishedAt } = await jobOf(store, "a");
      assert.deepEqual([status, finishedAt, (await jobOf(store, "a")).crashes], ["PENDING", null, crashes]);
      assert.equal(error, "its worker died");
      const { claimed } = await store.claim([{
        consumerId: "c1",
        limit: 1,
        suspect: crashes === CRASH_LIMIT - 1,
      }]);
      assert.ok(claimed[0]);
      assert.equal(claimed[0].suspect, crashes === CRASH_LIMIT - 1);
      assert.equal(await crash(store, claimed[0]), true);
    }
    const { status, crashes, finishedAt, consumerId } = await jobOf(store, "a");
    assert.deepEqual([status, crashes, finishedAt, consumerId], ["UNPROCESSABLE", CRASH_LIMIT, AT, "c1"]);
    assert.deepEqual(await eventsOf(store, "a"), Array(CRASH_LIMIT).fill("crashed"));
  });

  test("release stores the given values of a charge, whatever they are", async ({ store }) => {
    const charges = [
      { status: "PENDING", crashes: 7, suspect: false, error: null },
      { status: "PENDING", crashes: 1, suspect: true, error: "its worker died" },
      { status: "UNPROCESSABLE", crashes: 0, suspect: true, error: null },
    ] as const;
    for (const [i, charge] of charges.entries()) {
      const id = `job ${i}`;
      const held = await hold(store, id);
      await settleOne(store, retryIn(0, held));
      const before = await jobOf(store, id);
      const { seq, lease } = held;
      const why = { verb: "release", event: "crashed", detail: "it died" } as const;
      assert.equal(await settleOne(store, { seq, lease, ...why, charge }), true);
      const isOver = charge.status === "UNPROCESSABLE";
      assert.deepEqual(await jobOf(store, id), {
        ...{ ...before, status: charge.status, crashes: charge.crashes, error: charge.error ?? before.error },
        ...{ consumerId: isOver ? "c1" : null, finishedAt: isOver ? AT : null },
        ...{ lastHeartbeat: null, startedAt: null, updatedAt: AT },
      });
      const request = { consumerId: "c2", limit: 9, suspect: charge.suspect };
      const { claimed } = await at(AT, store).claim([request]);
      assert.deepEqual(claimed.map((one) => one.id), isOver ? [] : [id]);
    }
  });

  test("a charge leaves the retries as they are", async ({ store }) => {
    const held = await hold(store, "a");
    await settleOne(store, settlement("retry", held));
    await crash(store, held);
    const { retries, crashes } = await jobOf(store, "a");
    assert.deepEqual([retries, crashes], [1, 1]);
  });
}
