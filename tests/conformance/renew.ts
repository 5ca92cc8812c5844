import assert from "node:assert/strict";
import { LOSSES } from "./lost_leases.ts";
import { claimOne, hold, jobOf, NOW, settlement, settleOne } from "./stage.ts";
import type { Case } from "./suite.ts";

export function renewCases(test: Case): void {
  test("renew updates the heartbeat of the holder and nothing else", async ({ store }) => {
    const held = await hold(store, "a");
    const before = await store.get("a");
    assert.ok(before);
    assert.deepEqual(await store.renew([held], NOW + 1_000), [true]);
    assert.deepEqual(await store.get("a"), { ...before, job: { ...before.job, lastHeartbeat: NOW + 1_000 } });
  });

  test("renew keeps the lease of a job that waits for its next attempt", async ({ store }) => {
    const held = await hold(store, "a");
    await settleOne(store, settlement("retry", held));
    assert.deepEqual(await store.renew([held], NOW + 9_000), [true]);
    const alive = { from: NOW + 9_000, to: NOW + 9_001 };
    assert.deepEqual(await store.orphans({ alive, held: [], limit: 9 }), []);
  });

  for (const [how, lose] of Object.entries(LOSSES)) {
    test(`renew returns false and changes nothing after ${how}`, async ({ store }) => {
      const held = await hold(store, "a");
      await lose(store, held);
      const before = await store.get("a");
      assert.deepEqual(await store.renew([held], NOW + 1_000), [false]);
      assert.deepEqual(await store.get("a"), before);
    });
  }

  test("renew returns results in the order of its requests", async ({ store }) => {
    const [a, b, c] = [await hold(store, "a"), await hold(store, "b"), await hold(store, "c")];
    await store.move("cancel", ["b"], NOW);
    assert.deepEqual(await store.renew([c, b, a, { seq: 999, lease: 1 }], NOW + 7), [
      true,
      false,
      true,
      false,
    ]);
    assert.equal((await jobOf(store, "c")).lastHeartbeat, NOW + 7);
    assert.deepEqual(await store.renew([], NOW), []);
  });

  test("renew of an old lease does not renew the new holder's job", async ({ store }) => {
    const late = await hold(store, "a");
    await settleOne(store, settlement("release", late));
    const held = await claimOne(store, "c2");
    assert.deepEqual(await store.renew([late, held], NOW + 7), [false, true]);
  });
}
