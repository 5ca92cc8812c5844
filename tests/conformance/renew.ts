import assert from "node:assert/strict";
import { LOSSES } from "./lost_leases.ts";
import { at, claimOne, hold, jobOf, NOW, settlement, settleOne } from "./stage.ts";
import type { Case } from "./suite.ts";

export function renewCases(test: Case): void {
  test("renew updates the heartbeat of the holder and nothing else", async ({ store }) => {
    const held = await hold(store, "a");
    const before = await store.get("a");
    assert.ok(before);
    assert.deepEqual(await at(NOW + 1_000, store).renew([held]), [true]);
    assert.deepEqual(await store.get("a"), { ...before, job: { ...before.job, lastHeartbeat: NOW + 1_000 } });
  });

  test("renew keeps the lease of a job that waits for its next attempt", async ({ store }) => {
    const held = await hold(store, "a");
    await settleOne(store, settlement("retry", held));
    assert.deepEqual(await at(NOW + 9_000, store).renew([held]), [true]);
    const alive = { agoMs: 0, aheadMs: 1 };
    assert.deepEqual(await at(NOW + 9_000, store).orphans({ alive, held: [], limit: 9 }), []);
  });

  for (const [how, lose] of Object.entries(LOSSES)) {
    test(`renew returns false and changes nothing after ${how}`, async ({ store }) => {
      const held = await hold(store, "a");
      await lose(store, held);
      const before = await store.get("a");
      assert.deepEqual(await at(NOW + 1_000, store).renew([held]), [false]);
      assert.deepEqual(await store.get("a"), before);
    });
  }

  test("renew returns results in the order of its requests", async ({ store }) => {
    const [a, b, c] = [await hold(store, "a"), await hold(store, "b"), await hold(store, "c")];
    await store.move("cancel", ["b"]);
    assert.deepEqual(await at(NOW + 7, store).renew([c, b, a, { seq: 999, lease: 1 }]), [
      true,
      false,
      true,
      false,
    ]);
    assert.equal((await jobOf(store, "c")).lastHeartbeat, NOW + 7);
    assert.deepEqual(await store.renew([]), []);
  });

  test("renew of an old lease does not renew the new holder's job", async ({ store }) => {
    const late = await hold(store, "a");
    await settleOne(store, settlement("release", late));
    const held = await claimOne(store, "c2");
    assert.deepEqual(await at(NOW + 7, store).renew([late, held]), [false, true]);
  });
}
