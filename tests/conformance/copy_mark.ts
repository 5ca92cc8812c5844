/** The mark of an incomplete copy: other processes see it, it outlives its own, and it is not part of any job. */
import assert from "node:assert/strict";
import { add, clock, NOW } from "./stage.ts";
import type { Case } from "./suite.ts";

const TEN_YEARS_MS = 10 * 365 * 24 * 60 * 60 * 1_000;

export function copyMarkCases(test: Case): void {
  test("the mark of a copy is set once, seen by another process, and outlives its own", async ({ store, second }) => {
    const other = await second();
    assert.equal(await other.copyMark.isSet(), false);
    assert.equal(await store.copyMark.set(), true);
    assert.equal(await other.copyMark.set(), false);
    await store.close();
    assert.equal(await other.copyMark.isSet(), true);
    await other.copyMark.remove();
    assert.equal(await (await second()).copyMark.isSet(), false);
    await other.copyMark.remove();
  });

  test("the mark of a copy stays for years, whatever is added, copied or pruned", async ({ store }) => {
    await store.copyMark.set();
    await add(store, "a");
    assert.equal((await store.dump({ after: null, limit: 10 })).jobs.length, 1);
    clock.now = NOW + TEN_YEARS_MS;
    try {
      await store.prune({ olderThanMs: 0, after: 0, limit: 10 });
      assert.equal(await store.copyMark.isSet(), true);
      assert.deepEqual(await store.check(), []);
    } finally {
      clock.now = NOW;
    }
  });
}
