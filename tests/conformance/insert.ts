import assert from "node:assert/strict";
import { FINISHED, type FinishedStatus, STATUSES } from "../../queue/job.ts";
import type { NewJob } from "../../queue/store.ts";
import {
  add,
  at,
  bring,
  claimOne,
  crash,
  eventsOf,
  hold,
  jobOf,
  newJob,
  NOW,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

const UNFINISHED = STATUSES.filter((status) => !FINISHED.includes(status as FinishedStatus));

export function insertCases(test: Case): void {
  test("insert stores every fact of a new job", async ({ store }) => {
    const asked = newJob("a", {
      kind: "mail",
      payload: '{"to":"x"}',
      priority: -7,
      runAt: NOW + 5,
    });
    const [inserted] = await at(NOW + 1, store).insert([asked]);
    assert.equal(inserted?.outcome, "added");
    const { seq, lease, ...facts } = inserted.job;
    assert.ok(Number.isSafeInteger(seq) && Number.isSafeInteger(lease));
    assert.deepEqual(facts, {
      id: "a",
      kind: "mail",
      payload: '{"to":"x"}',
      status: "PENDING",
      priority: -7,
      runAt: NOW + 5,
      retries: 0,
      crashes: 0,
      consumerId: null,
      lastHeartbeat: null,
      startedAt: null,
      finishedAt: null,
      error: null,
      result: null,
      canceledFrom: null,
      createdAt: NOW + 1,
      updatedAt: NOW + 1,
    });
    assert.deepEqual(await store.get("a"), { job: inserted.job, history: [] });
  });

  test("a job without a run time is due at once, by the store's clock", async ({ store }) => {
    const { runAt, createdAt } = await add(at(NOW + 7, store), "a", { runAt: null });
    assert.deepEqual([runAt, createdAt], [NOW + 7, NOW + 7]);
  });

  for (const status of UNFINISHED) {
    test(`insert of an id that is ${status} reports whether it is another job`, async ({ store }) => {
      await bring(store, "a", status);
      const { kind, payload } = await jobOf(store, "a");
      const differs = async (more: Partial<NewJob>) => {
        const [one] = await store.insert([newJob("a", { kind, payload, ...more })]);
        return one?.outcome === "waiting" ? one.differs : one?.outcome;
      };
      assert.equal(await differs({ priority: 7, runAt: NOW + 9, replace: true }), false);
      assert.equal(await differs({ kind: "other" }), true);
      assert.equal(await differs({ payload: `${payload} ` }), true);
      const ofTheSameLength = JSON.stringify("x".repeat(payload.length - 2));
      assert.equal(await differs({ payload: ofTheSameLength }), true);
    });

    test(`insert of an id that is ${status} returns that job and leaves it untouched`, async ({ store }) => {
      await bring(store, "a", status);
      const before = await store.get("a");
      for (const replace of [false, true]) {
        const [inserted] = await store.insert([newJob("a", { payload: '"other"', priority: 3, replace })]);
        assert.deepEqual(inserted, { outcome: "waiting", job: before?.job, differs: true });
      }
      assert.deepEqual(await store.get("a"), before);
    });
  }

  for (const status of FINISHED) {
    test(`insert of an id that is ${status} is refused and leaves it untouched`, async ({ store }) => {
      await bring(store, "a", status);
      const before = await store.get("a");
      const [inserted] = await store.insert([newJob("a", { payload: '"other"' })]);
      assert.deepEqual(inserted, { outcome: "refused", job: before?.job });
      assert.deepEqual(await store.get("a"), before);
    });

    test(`insert with replace starts a ${status} job afresh`, async ({ store }) => {
      const before = await bring(store, "a", status);
      const story = await eventsOf(store, "a");
      const again = newJob("a", { payload: "2", runAt: NOW + 60, replace: true });
      const [inserted] = await at(NOW + 50, store).insert([again]);
      assert.equal(inserted?.outcome, "replaced");
      const { job } = inserted;
      assert.ok(job.lease >= before.lease, "a lease never shrinks");
      const { retries, crashes, consumerId, lastHeartbeat, startedAt, finishedAt, error, result } = job;
      assert.deepEqual([retries, crashes], [0, 0]);
      assert.deepEqual(
        [consumerId, lastHeartbeat, startedAt, finishedAt, error, result],
        Array(6).fill(null),
      );
      assert.deepEqual([job.status, job.payload, job.createdAt, job.runAt], [
        "PENDING",
        "2",
        NOW + 50,
        NOW + 60,
      ]);
      assert.deepEqual(await jobOf(store, "a"), job);
      assert.deepEqual(await eventsOf(store, "a"), [...story, "replaced"]);
    });
  }

  test("the history names the user that added a job again", async ({ store }) => {
    await bring(store, "a", "COMPLETED");
    await store.insert([newJob("a", { replace: true, by: "manager from 203.0.113.7" })]);
    const { history = [] } = await store.get("a") ?? {};
    assert.equal(history.at(-1)?.detail, "added again, by manager from 203.0.113.7");
  });

  test("insert with replace resets the crashes: the job is no longer a suspect", async ({ store }) => {
    await hold(store, "a").then((claimed) => crash(store, claimed));
    await crash(store, await claimOne(store));
    await store.move("cancel", ["a"]);
    await add(store, "a", { replace: true });
    assert.equal((await claimOne(store)).suspect, false);
  });

  test("insert of one id twice in a batch adds it once", async ({ store }) => {
    const batch = [newJob("a", { payload: "1" }), newJob("a", { payload: "2", replace: true })];
    const inserted = await store.insert(batch);
    assert.deepEqual(inserted.map((one) => one.outcome), ["added", "waiting"]);
    assert.equal((await jobOf(store, "a")).payload, "1");
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, 1);
  });

  test("of one finished id in a batch, only the first replacement starts the job afresh", async ({ store }) => {
    const long = JSON.stringify("x".repeat(5_000));
    await add(store, "a", { payload: long });
    await store.move("cancel", ["a"]);
    const again = (payload: string, replace: boolean) => newJob("a", { payload, replace });
    const batch = [again("1", false), again("2", true), again("2", false), again("3", true)];
    const inserted = await store.insert(batch);
    assert.deepEqual(inserted.map(({ outcome }) => outcome), ["refused", "replaced", "waiting", "waiting"]);
    assert.deepEqual(inserted.map(({ job }) => job.payload), [long, "2", "2", "2"]);
    assert.deepEqual(inserted.map((one) => "differs" in one && one.differs), [false, false, false, true]);
    assert.deepEqual(await eventsOf(store, "a"), ["canceled", "replaced"]);
  });

  test("insert returns results in the order of its requests", async ({ store }) => {
    await bring(store, "held", "PROCESSING");
    await bring(store, "done", "COMPLETED");
    await bring(store, "bad", "FAILED");
    const batch = ["new1", "done", "held", "bad", "new2"].map((id) => newJob(id, { replace: id === "bad" }));
    const inserted = await store.insert(batch);
    assert.deepEqual(inserted.map((one) => one.job.id), batch.map((one) => one.id));
    assert.deepEqual(inserted.map((one) => one.outcome), [
      "added",
      "refused",
      "waiting",
      "replaced",
      "added",
    ]);
    const [first, , , , last] = inserted;
    assert.ok(first && last && first.job.seq < last.job.seq);
  });

  test("an insert of many jobs gives each id the result that it would get alone, whatever its text", async ({ store }) => {
    await bring(store, "finished", "COMPLETED");
    await bring(store, "failed", "FAILED");
    await bring(store, "waits", "PENDING");
    const texts = ['quotes " and \\ ', "ünï", "😀 '; DROP TABLE jobs; --", "[1,2]", "null"];
    const ids = [...texts, "finished", "waits", "a", "failed", "a", "b"];
    const jobs = ids.map((id, i) =>
      newJob(id, {
        payload: JSON.stringify({ of: id, i }),
        priority: i - 5,
        runAt: i % 2 ? NOW + i : null,
        replace: id === "failed",
      })
    );
    const inserted = await at(NOW + 50, store).insert(jobs);
    const outcomes = [
      ...texts.map(() => "added"),
      "refused",
      "waiting",
      "added",
      "replaced",
      "waiting",
      "added",
    ];
    assert.deepEqual(inserted.map(({ outcome }) => outcome), outcomes);
    for (const [i, { outcome, job }] of inserted.entries()) {
      assert.equal(job.id, ids[i]);
      if (outcome !== "added") continue;
      const { payload, priority, runAt } = jobs[i] as NewJob;
      const facts = { payload, priority, runAt: runAt ?? NOW + 50, createdAt: NOW + 50, status: "PENDING" };
      assert.deepEqual(await jobOf(store, job.id), { ...job, ...facts });
    }
    const seqs = inserted.filter(({ outcome }) => outcome === "added").map(({ job }) => job.seq);
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), "the newest comes last");
  });

  test("jobs after the end of a turn are not added before their own turn", async ({ store }) => {
    // Reading this many long values again fills a turn.
    const long = JSON.stringify("x".repeat(1024 * 1024 - 2));
    const present = Array.from({ length: 70 }, (_, i) => `long ${i}`);
    for (const id of present) await add(store, id, { payload: long });
    const jobs = [...present, "new 1", ...present.map((id) => `again ${id}`), "new 2"].map((id) =>
      newJob(id)
    );
    const outcomes: string[] = [];
    let turns = 0;
    while (outcomes.length < jobs.length) {
      outcomes.push(...(await store.insert(jobs.slice(outcomes.length))).map(({ outcome }) => outcome));
      turns += 1;
    }
    assert.deepEqual(outcomes, jobs.map(({ id }) => id.startsWith("long") ? "waiting" : "added"));
    assert.ok(turns >= 1);
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, jobs.length);
  });

  test("insert of nothing returns nothing", async ({ store }) =>
    assert.deepEqual(await store.insert([]), []));

  test("insert keeps ids and payloads to the letter", async ({ store }) => {
    const ids = [
      "A",
      "a",
      "a ",
      " a",
      "ä",
      "a\u0308",
      "100%_\\",
      "'; DROP TABLE jobs; --",
      "😀".repeat(1000),
      "x".repeat(2000),
    ];
    const payloads = ['"\\u0000"', '"\u2028"', `"${"y".repeat(2 ** 20 - 2)}"`, "[1e400]", '{"a":1,"a":2}'];
    await store.insert(ids.map((id, i) => newJob(id, { payload: payloads[i % payloads.length] ?? "null" })));
    for (const [i, id] of ids.entries()) {
      const job = await jobOf(store, id);
      assert.equal(job.id, id);
      assert.ok(
        job.payload === payloads[i % payloads.length],
        `the payload of ${id.slice(0, 20)} has changed`,
      );
    }
  });

  test("insert of one id from two handles at once adds it once", async ({ store, second }) => {
    const other = await second();
    const asked = Array.from(
      { length: 20 },
      (_, i) => (i % 2 ? store : other).insert([newJob("a"), newJob(`b${i >> 1}`)]),
    );
    const inserted = (await Promise.all(asked)).flat();
    assert.equal(inserted.filter((one) => one.outcome === "added").length, 11);
    assert.equal(new Set(inserted.map((one) => one.job.seq)).size, 11);
  });

  test("a claim in the turn of an insert finds its jobs, where a store takes calls in order", async ({ store }) => {
    for (let i = 0; i < 20; i++) {
      const inserting = store.insert([newJob(`a${i}`)]);
      const claiming = store.claim([{ consumerId: "c1", limit: 1, suspect: false }], { kinds: ["file"] });
      await inserting;
      const { claimed } = await claiming;
      if (store.takesCallsInOrder) assert.deepEqual(claimed.map(({ id }) => id), [`a${i}`]);
      else if (claimed.length === 0) await claimOne(store);
    }
  });

  test("insert with replace does not let a late worker finish the new job", async ({ store }) => {
    const late = await hold(store, "a");
    await store.move("cancel", ["a"]);
    await add(store, "a", { replace: true });
    await claimOne(store, "c2");
    assert.equal(await settleOne(store, settlement("complete", late)), false);
    assert.equal((await jobOf(store, "a")).consumerId, "c2");
  });
}
