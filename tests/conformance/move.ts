import assert from "node:assert/strict";
import { OPERATOR_VERBS } from "../../queue/job.ts";
import { problemsOfHistory } from "../../queue/maintenance/verify.ts";
import { moveTableCases } from "./moves.ts";
import {
  add,
  addSuspect,
  at,
  bring,
  claimOne,
  claimSuspect,
  crash,
  eventsOf,
  hold,
  jobOf,
  NOW,
  outcomes,
  retryIn,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

export function moveCases(test: Case): void {
  moveTableCases(test, OPERATOR_VERBS);
  resubmitCases(test);
  batchCases(test);
  longHistoryCases(test);
}

function resubmitCases(test: Case): void {
  test("resubmit of a FAILED job keeps its retries and its crashes", async ({ store }) => {
    await crash(store, await hold(store, "a"));
    await settleOne(store, settlement("fail", await claimOne(store)));
    await at(NOW + 20, store).move("resubmit", ["a"]);
    const { status, retries, crashes, finishedAt, result } = await jobOf(store, "a");
    assert.deepEqual([status, retries, crashes, finishedAt, result], ["PENDING", 2, 1, null, null]);
  });

  for (const [status, end] of [["UNPROCESSABLE", "exhaust"], ["CANCELED", "cancel"]] as const) {
    test(`resubmit of a ${status} job resets retries and crashes and keeps the history`, async ({ store }) => {
      await crash(store, await hold(store, "a"));
      const held = await claimOne(store);
      await settleOne(store, settlement("retry", held));
      if (end === "cancel") await at(NOW + 10, store).move("cancel", ["a"]);
      else await settleOne(store, settlement(end, held));
      const story = await eventsOf(store, "a");
      await at(NOW + 20, store).move("resubmit", ["a"]);
      const { retries, crashes } = await jobOf(store, "a");
      assert.deepEqual([retries, crashes], [0, 0]);
      assert.deepEqual(await eventsOf(store, "a"), [...story, "resubmitted"]);
    });
  }

  test("a suspect that ends UNPROCESSABLE and is resubmitted is no longer a suspect", async ({ store }) => {
    await addSuspect(store, "a");
    await crash(store, await claimSuspect(store));
    await at(NOW + 20, store).move("resubmit", ["a"]);
    assert.equal((await claimOne(store, "c1", NOW + 20)).suspect, false);
  });

  test("a suspect that has failed and is resubmitted is still a suspect", async ({ store }) => {
    await addSuspect(store, "a");
    await settleOne(store, settlement("fail", await claimSuspect(store)));
    await at(NOW + 20, store).move("resubmit", ["a"]);
    assert.equal((await claimSuspect(store, "c1", NOW + 20)).id, "a");
  });

  test("resubmit of a canceled job keeps a run time that is still ahead", async ({ store }) => {
    await add(store, "a", { runAt: NOW + 10_000 });
    await store.move("cancel", ["a"]);
    await at(NOW + 20, store).move("resubmit", ["a"]);
    assert.equal((await jobOf(store, "a")).runAt, NOW + 10_000);
    assert.deepEqual(
      (await at(NOW + 20, store).claim([{ consumerId: "c1", limit: 1, suspect: false }])).claimed,
      [],
    );
    assert.equal((await claimOne(store, "c1", NOW + 10_000)).id, "a");
  });

  test("resubmit of a canceled job whose time has passed makes it due at once", async ({ store }) => {
    await add(store, "a", { runAt: NOW + 10 });
    await store.move("cancel", ["a"]);
    await at(NOW + 20, store).move("resubmit", ["a"]);
    assert.equal((await jobOf(store, "a")).runAt, NOW + 20);
  });

  test("resubmit of a job that was canceled while it waited for a retry makes it due at once", async ({ store }) => {
    await settleOne(store, retryIn(10_000, await hold(store, "a")));
    await store.move("cancel", ["a"]);
    await at(NOW + 20, store).move("resubmit", ["a"]);
    assert.equal((await jobOf(store, "a")).runAt, NOW + 20);
  });

  test("resubmit of a failed job makes it due at once, whatever its run_at", async ({ store }) => {
    await settleOne(store, settlement("retry", await hold(store, "a")));
    await settleOne(store, settlement("fail", await hold(store, "b")));
    for (const id of ["a", "b"]) {
      const job = await jobOf(store, id);
      if (id === "a") await settleOne(store, { ...settlement("exhaust", job) });
      await at(NOW + 20, store).move("resubmit", [id]);
      assert.equal((await jobOf(store, id)).runAt, NOW + 20);
    }
  });

  for (const status of ["PENDING", "PROCESSING", "FAILED", "UNPROCESSABLE"] as const) {
    test(`a canceled job records that it was ${status}, until it is resubmitted or replaced`, async ({ store }) => {
      const before = await bring(store, "a", status);
      assert.equal(before.canceledFrom, null);
      await at(NOW + 20, store).move("cancel", ["a"]);
      assert.equal((await jobOf(store, "a")).canceledFrom, status);
      const listed = (await store.list({ limit: 1 })).jobs[0];
      assert.deepEqual([listed?.canceledFrom, listed?.error], [status, before.error]);
      await at(NOW + 30, store).move("resubmit", ["a"]);
      assert.equal((await jobOf(store, "a")).canceledFrom, null);
      await at(NOW + 40, store).move("cancel", ["a"]);
      await add(store, "a", { replace: true });
      assert.equal((await jobOf(store, "a")).canceledFrom, null);
    });
  }

  test("cancel stores its time, and leaves a history line with the previous status", async ({ store }) => {
    const held = await hold(store, "a");
    const [moved] = await at(NOW + 20, store).move("cancel", ["a"]);
    assert.ok(moved?.outcome === "moved");
    assert.deepEqual([moved.from, moved.job.status, moved.job.finishedAt], [
      "PROCESSING",
      "CANCELED",
      NOW + 20,
    ]);
    assert.ok(moved.job.lease >= held.lease);
    const story = (await store.get("a"))?.history.at(-1);
    assert.deepEqual([story?.at, story?.event, story?.detail], [NOW + 20, "canceled", "was PROCESSING"]);
    assert.deepEqual(await jobOf(store, "a"), moved.job);
  });

  test("the history names the user that asked for a move", async ({ store }) => {
    await hold(store, "a");
    await at(NOW + 20, store).move("cancel", ["a"], "manager from 203.0.113.7");
    const { history = [] } = await store.get("a") ?? {};
    assert.equal(history.at(-1)?.detail, "was PROCESSING, by manager from 203.0.113.7");
  });
}

function batchCases(test: Case): void {
  test("move returns a result for each id in the order of its requests", async ({ store }) => {
    await bring(store, "done", "COMPLETED");
    await bring(store, "held", "PROCESSING");
    await add(store, "waits");
    const moved = await at(NOW + 20, store).move("cancel", ["waits", "nobody", "done", "held", "waits"]);
    assert.deepEqual(moved.map((one) => one.id), ["waits", "nobody", "done", "held", "waits"]);
    assert.deepEqual(outcomes(moved), ["moved", "unknown", "illegal", "moved", "illegal"]);
    assert.deepEqual(await eventsOf(store, "waits"), ["canceled"]);
    assert.deepEqual(await store.move("cancel", []), []);
  });

  test("when a cancel and a completion run at once, exactly one wins", async ({ store, second }) => {
    const other = await second();
    for (let round = 0; round < 10; round++) {
      const held = await hold(store, `a${round}`);
      const [one, two] = round % 2 ? [store, other] : [other, store];
      const [stored, moved] = await Promise.all([
        settleOne(one, settlement("complete", held)),
        at(NOW + 20, two).move("cancel", [held.id]),
      ]);
      assert.deepEqual(outcomes(moved), [stored ? "illegal" : "moved"]);
      assert.equal((await jobOf(store, held.id)).status, stored ? "COMPLETED" : "CANCELED");
    }
  });
}

function longHistoryCases(test: Case): void {
  test("a job that is moved again and again keeps its first and newest lines, and counts the others", async ({ store }) => {
    await add(store, "a");
    const held = await claimOne(store);
    await settleOne(store, settlement("fail", held));
    for (let i = 0; i < 1_000; i++) {
      await at(NOW + 20 + 2 * i, store).move("resubmit", ["a"]);
      await at(NOW + 21 + 2 * i, store).move("cancel", ["a"]);
    }
    const found = await store.get("a");
    assert.ok(found);
    const { history } = found;
    assert.ok(history.length <= 300, `${history.length} lines`);
    assert.deepEqual(history.slice(0, 3).map(({ event }) => event), ["failed", "resubmitted", "canceled"]);
    assert.deepEqual(history.slice(-200).map(({ at }) => at - NOW), range(2_019 - 199, 2_019));
    const folded = history.filter(({ event }) => event === "folded");
    assert.equal(folded.length, 1);
    assert.equal(Number.parseInt(folded[0]?.detail ?? ""), 2_001 - (history.length - 1), "none is forgotten");
    assert.deepEqual([...problemsOfHistory(found, { untouched: true })], []);
    assert.deepEqual(history.map(({ at }) => at), history.map(({ at }) => at).toSorted((a, b) => a - b));
  });
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
