/** A query that runs every second runs less often while it is expensive. */
import assert from "node:assert/strict";
import { ExpensiveQuery } from "../../queue/postgres/expensive_query.ts";

const KEY = "all kinds";

/** A query whose answers are numbered. */
function numbered() {
  let [at, runs] = [0, 0];
  const query = new ExpensiveQuery<number>({ now: () => at });
  const run = (tookMs: number, { key = KEY, fails = false } = {}) =>
    query.run(key, async () => {
      at += tookMs;
      runs += 1;
      if (fails) throw new Error("no answer");
      return await Promise.resolve(runs);
    });
  return { run, pass: (ms: number) => void (at += ms) };
}

Deno.test("a query that was slow twice is answered from the cache for ten times as long as it took", async () => {
  const { run, pass } = numbered();
  assert.deepEqual([await run(500), await run(1_000)], [1, 2]);
  pass(9_990);
  assert.equal(await run(1_000), 2);
  pass(10);
  assert.equal(await run(1_000), 3);
  assert.equal(await run(1_000, { key: "other kinds" }), 4);
});

Deno.test("an answer that was slow once is not cached, and neither is the first that is fast again", async () => {
  const { run, pass } = numbered();
  const answers = [await run(500), await run(1), await run(500), await run(500)];
  assert.deepEqual(answers, [1, 2, 3, 4]);
  pass(5_000);
  assert.deepEqual([await run(1), await run(1)], [5, 6]);
});

Deno.test("an expensive query that fails runs again, and while it is in flight others wait for it", async () => {
  const { run } = numbered();
  await run(500);
  const [failed, waited] = await Promise.allSettled([run(500, { fails: true }), run(500)]);
  assert.deepEqual([failed.status, waited.status], ["rejected", "rejected"]);
  const again = await Promise.allSettled([run(500, { fails: true }), run(500)]);
  assert.deepEqual(again.map(({ status }) => status), ["rejected", "rejected"], "it is slow as before");
  assert.deepEqual([await run(500), await run(500)], [4, 4]);
});
