/** Several processes on one queue: each has a row, and only the jobs of a dead one are recovered. */
import assert from "node:assert/strict";
import type { ProcessIdentity } from "../../queue/processes.ts";
import type { Store } from "../../queue/store.ts";
import { judgeDeaths } from "../../queue/policy/deaths.ts";
import {
  add,
  at,
  claimOne,
  DEATH,
  eventsOf,
  hold,
  jobOf,
  NOW,
  PROCESS,
  settlement,
  settleOne,
} from "./stage.ts";
import type { Case } from "./suite.ts";

const STALL_MS = 30_000;
const LATER = NOW + STALL_MS + 1;

function process(number: number): ProcessIdentity {
  return { ...PROCESS, id: PROCESS.id.replace(/.$/, String(number)), pid: number };
}

/** A process that was itself out of touch with the server cannot yet tell which others are dead. */
async function keepInTouch(store: Store, until: number): Promise<void> {
  for (let now = NOW; now <= until; now += 1_000) await at(now, store).beat();
}

async function viewsSeenBy(store: Store): Promise<(string | null)[]> {
  return (await store.processes({ silentForMs: STALL_MS })).map(({ view }) => view);
}

export function processesCases(test: Case): void {
  rowCases(test);
  recoveryCases(test);
}

function rowCases(test: Case): void {
  test("a process that joins has a row that every handle sees", async ({ store, second }) => {
    const other = await second();
    assert.deepEqual(await other.processes({ silentForMs: STALL_MS }), []);
    await at(NOW + 5, store).join(PROCESS);
    const row = { ...PROCESS, startedAt: NOW + 5, seenAt: NOW + 5, isDead: false, view: null, kinds: [] };
    for (const handle of [store, other]) {
      assert.deepEqual(await handle.processes({ silentForMs: STALL_MS }), [row]);
    }
  });

  test("a beat shows that a process is alive", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    await store.join(process(1));
    assert.equal(await at(LATER, other).beat(), true);
    const rows = await at(LATER, store).processes({ silentForMs: STALL_MS });
    assert.deepEqual(rows.map(({ pid, seenAt, isDead }) => [pid, seenAt, isDead]), [[2, LATER, false], [
      1,
      NOW,
      false,
    ]]);
  });

  test("a process that is no longer seen is dead, but never the one that looks", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    await store.join(process(1));
    const dead = async (now: number) =>
      (await at(now, store).processes({ silentForMs: STALL_MS })).filter(({ isDead }) => isDead);
    await keepInTouch(store, NOW + STALL_MS);
    assert.deepEqual(await dead(NOW + STALL_MS), []);
    assert.deepEqual((await dead(LATER)).map(({ pid }) => pid), [2]);
  });

  test("a process that leaves no longer has a row", async ({ store, second }) => {
    const other = await second();
    await store.join(process(1));
    await other.join(process(2));
    await other.leave(process(2).id);
    assert.deepEqual((await store.processes({ silentForMs: STALL_MS })).map(({ pid }) => pid), [1]);
  });

  test("a process that was taken for dead learns of it with its next beat, and joins again", async ({ store, second }) => {
    const other = await second();
    assert.equal(await store.beat(), false, "it has not joined yet");
    await store.join(process(1));
    await other.leave(process(1).id);
    assert.equal(await store.beat(), false);
    await store.join(process(3));
    assert.equal(await store.beat(), true);
  });

  test("what a process shows with a beat is read by another, until it shows something else", async ({ store, second }) => {
    const other = await second();
    await store.join(process(1));
    await other.join(process(2));
    assert.deepEqual(await viewsSeenBy(other), [null, null]);
    const odd = `{"words":"ä€😀 'quoted' \\"twice\\" \\\\ ${"long ".repeat(10_000)}"}`;
    assert.equal(await store.beat(odd), true);
    assert.deepEqual(await viewsSeenBy(other), [odd, null]);
    assert.equal(await at(LATER, store).beat(), true);
    assert.deepEqual(await viewsSeenBy(other), [odd, null], "a beat without a view keeps the one before");
    await store.beat("{}");
    assert.deepEqual(await viewsSeenBy(other), ["{}", null]);
    await store.leave(process(1).id);
    assert.equal(await store.beat("{}"), false, "its row is gone");
    assert.deepEqual(await viewsSeenBy(other), [null]);
  });

  test("an id has one row", async ({ store, second }) => {
    await store.join(process(1));
    const other = await second();
    await assert.rejects(other.join(process(1)), { name: "RejectedWrite" });
  });
}

function recoveryCases(test: Case): void {
  const idsOf = async (store: Store, process: string | null, limit = 100) =>
    (await store.orphans({ process, limit })).map(({ id }) => id);

  test("the jobs of a process are those that it claimed, and no others", async ({ store, second }) => {
    const other = await second();
    await hold(store, "before it joined");
    await store.join(process(1));
    await other.join(process(2));
    await hold(store, "a");
    await hold(other, "b");
    await hold(store, "c");
    assert.deepEqual(await idsOf(other, process(1).id), ["a", "c"]);
    assert.deepEqual(await idsOf(store, process(2).id), ["b"]);
    assert.deepEqual(await idsOf(store, null), ["before it joined"]);
    assert.deepEqual(await idsOf(other, process(1).id, 1), ["a"]);
    assert.deepEqual(await idsOf(other, process(9).id), [], "there is no such process");
  });

  test("a job belongs to the process that claimed it last, and to none once it is finished", async ({ store, second }) => {
    const other = await second();
    await store.join(process(1));
    await other.join(process(2));
    await settleOne(store, settlement("release", await hold(store, "a")));
    const held = await claimOne(other);
    assert.deepEqual([await idsOf(store, process(1).id), await idsOf(store, process(2).id)], [[], ["a"]]);
    await settleOne(other, settlement("complete", held));
    assert.deepEqual(await idsOf(store, process(2).id), []);
  });

  test("what a process still holds when it leaves belongs to none", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    await hold(other, "a");
    await other.leave(process(2).id);
    assert.deepEqual(await idsOf(store, null), ["a"]);
  });

  test("processes that recover the same dead one at once free and charge each job once", async ({ store, second }) => {
    const [dying, other] = [await second(), await second()];
    await dying.join(process(3));
    for (let i = 0; i < 20; i++) await hold(dying, `a${i}`);
    await store.join(process(1));
    await hold(store, "of a living one");
    await other.join(process(2));
    const recover = async (by: Store) => {
      const orphans = await by.orphans({ process: process(3).id, limit: 100 });
      const freed = await by.settle(judgeDeaths(orphans, DEATH));
      await by.leave(process(3).id);
      return freed.filter(Boolean).length;
    };
    const [one, two] = await Promise.all([recover(store), recover(other)]);
    assert.equal(one + two, 20);
    for (const id of ["a0", "a19"]) {
      assert.deepEqual([await eventsOf(store, id), (await jobOf(store, id)).crashes], [["crashed"], 1]);
    }
    assert.equal((await jobOf(store, "of a living one")).status, "PROCESSING");
  });

  test("a suspect belongs to the process that claimed it", async ({ store }) => {
    await store.join(process(1));
    await add(store, "a");
    const [orphan] = [await claimOne(store)];
    const charge = { status: "PENDING", crashes: 2, suspect: true, error: null } as const;
    const { seq, lease } = orphan;
    await settleOne(store, { seq, lease, verb: "release", event: "crashed", detail: "died", charge });
    await store.claim([{ consumerId: "c1", limit: 1, suspect: true }]);
    assert.deepEqual(await idsOf(store, process(1).id), ["a"]);
  });
}
