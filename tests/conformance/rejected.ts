import assert from "node:assert/strict";
import { RejectedWrite } from "../../queue/errors.ts";
import { add, claimOne, hold, jobOf, newJob, NOW, settlement } from "./stage.ts";
import type { Case } from "./suite.ts";

export function rejectedCases(test: Case): void {
  for (
    const [what, job] of Object.entries({
      "an empty id": newJob(""),
      "an id of 2,001 characters": newJob("x".repeat(2_001)),
      "a time before 1970": newJob("b", { runAt: -1 }),
      "a priority beyond the bounds": newJob("b", { priority: 101 }),
    })
  ) {
    test(`insert of ${what} is a RejectedWrite, and adds none of the jobs of its call`, async ({ store }) => {
      const [mixed, alone] = await Promise.allSettled([
        store.insert([newJob("a"), job]),
        store.insert([newJob("c")]),
      ]);
      assert.ok(mixed?.status === "rejected" && mixed.reason instanceof RejectedWrite);
      assert.equal(alone?.status, "fulfilled");
      assert.deepEqual((await store.list({ limit: 9 })).jobs.map(({ id }) => id), ["c"]);
    });
  }

  test("settle with a negative number is a RejectedWrite, and the other writes of the same turn are stored", async ({ store }) => {
    const [bad, good] = [await hold(store, "a"), await hold(store, "b")];
    const before = await store.get("a");
    const [refused, done] = await Promise.allSettled([
      store.settle([{ ...bad, verb: "fail", retries: -1, error: "it broke" }]),
      store.settle([settlement("complete", good)]),
    ]);
    assert.ok(refused?.status === "rejected" && refused.reason instanceof RejectedWrite);
    assert.deepEqual(done, { status: "fulfilled", value: [true] });
    assert.deepEqual(await store.get("a"), before);
    assert.deepEqual(await store.settle([settlement("complete", bad)]), [true], "its lease still holds");
  });

  test("a result nested 20,000 levels deep holds up no other: it is stored, or alone a RejectedWrite", async ({ store }) => {
    const [deep, good] = [await hold(store, "a"), await hold(store, "b")];
    const result = "[".repeat(20_000) + "]".repeat(20_000);
    const [first, second] = await Promise.allSettled([
      store.settle([{ seq: deep.seq, lease: deep.lease, verb: "complete", result }]),
      store.settle([settlement("complete", good)]),
    ]);
    if (first?.status === "rejected") assert.ok(first.reason instanceof RejectedWrite, String(first.reason));
    assert.deepEqual(second, { status: "fulfilled", value: [true] });
  });

  test("a write after a rejected one succeeds", async ({ store }) => {
    await assert.rejects(store.insert([newJob("")]), RejectedWrite);
    await add(store, "a");
    assert.equal((await claimOne(store)).id, "a");
    assert.equal((await jobOf(store, "a")).lastHeartbeat, NOW);
  });
}
