import assert from "node:assert/strict";
import { add, at, claimOne, crash, hold, NOW, settlement, settleOne } from "./stage.ts";
import type { Case } from "./suite.ts";

export function getCases(test: Case): void {
  test("getMany returns the jobs with these numbers as they are now, in that order, without those that are gone", async ({ store }) => {
    const [a, b, c] = [await add(store, "a"), await add(store, "b"), await add(store, "c")];
    await store.move("cancel", ["b"]);
    const asked = [c.seq, 999, b.seq, a.seq, 0, -1];
    const expected = [c, (await store.get("b"))?.job, a];
    assert.deepEqual(await store.getMany(asked), expected);
    assert.deepEqual(await store.getMany([]), []);
    await store.prune({ olderThanMs: -1, after: 0, limit: 9 });
    assert.deepEqual(await store.getMany(asked), [c, a]);
  });

  test("getMany leaves out long values if told to", async ({ store }) => {
    const payload = JSON.stringify("x".repeat(5_000));
    const { seq } = await add(store, "a", { payload });
    assert.equal((await store.getMany([seq]))[0]?.payload, payload);
    const [brief] = await store.getMany([seq], { values: false });
    assert.ok(brief?.leftOut === undefined ? brief?.payload === payload : brief.leftOut.includes("payload"));
  });

  test("get of an unknown id returns null", async ({ store }) => {
    await add(store, "a");
    for (const id of ["", "A", "a ", "%", "_", "aa"]) assert.equal(await store.get(id), null);
  });

  for (const [what, id] of Object.entries({ "a NUL": "a\0b", "half a surrogate pair": "a\uD800b" })) {
    test(`an id, a kind or a search with ${what} is one that no job has, and fails no call`, async ({ store }) => {
      for (const present of ["good", "a", "a\uFFFDb"]) await add(store, present);
      assert.equal(await store.get(id), null);
      const [unknown, good] = await store.move("cancel", [id, "good"]);
      assert.deepEqual([unknown, good?.outcome], [{ id, outcome: "unknown" }, "moved"]);
      assert.deepEqual(await store.move("resubmit", [id]), [{ id, outcome: "unknown" }]);
      for (const query of [{ search: id }, { kind: id }]) {
        assert.deepEqual((await store.list({ ...query, limit: 9 })).jobs, []);
      }
      assert.equal((await store.get("a\uFFFDb"))?.job.status, "PENDING");
    });
  }

  test("get returns the whole history of a job, oldest line first", async ({ store }) => {
    const first = await hold(store, "a", "c1");
    await settleOne(store, settlement("retry", first), NOW + 1);
    await crash(store, first);
    const second = await claimOne(store, "c2", NOW + 9_000);
    await settleOne(store, settlement("fail", second), NOW + 9_001);
    await at(NOW + 9_002, store).move("resubmit", ["a"]);
    await at(NOW + 9_003, store).move("cancel", ["a"]);
    await add(at(NOW + 9_004, store), "a", { replace: true });
    const history = (await store.get("a"))?.history ?? [];
    assert.deepEqual(history.map((line) => [line.event, line.at - NOW]), [
      ["retried", 1],
      ["crashed", 10],
      ["failed", 9_001],
      ["resubmitted", 9_002],
      ["canceled", 9_003],
      ["replaced", 9_004],
    ]);
    assert.deepEqual(history.slice(0, 3).map((line) => line.consumerId), ["c1", "c1", "c2"]);
    const leases = history.map((line) => line.lease);
    assert.deepEqual(leases, leases.toSorted((a, b) => a - b), "leases only grow");
  });

  test("get sees a write as soon as it is acknowledged", async ({ store, second }) => {
    const other = await second();
    await add(store, "a");
    assert.equal((await other.get("a"))?.job.status, "PENDING");
    await other.move("cancel", ["a"]);
    assert.equal((await store.get("a"))?.job.status, "CANCELED");
  });
}
