/** What is asked each second is asked less often while its answer is dear. */
import assert from "node:assert/strict";
import { DearQuestion } from "../../queue/postgres/dear_question.ts";

const ABOUT = "all kinds";

/** A question whose answers are numbered. */
function numbered() {
  let [at, asked] = [0, 0];
  const dear = new DearQuestion<number>({ now: () => at });
  const ask = (tookMs: number, { about = ABOUT, fails = false } = {}) =>
    dear.ask(about, async () => {
      at += tookMs;
      asked += 1;
      if (fails) throw new Error("no answer");
      return await Promise.resolve(asked);
    });
  return { ask, pass: (ms: number) => void (at += ms) };
}

Deno.test("a question that was dear twice is answered from memory for ten times as long as it took", async () => {
  const { ask, pass } = numbered();
  assert.deepEqual([await ask(500), await ask(1_000)], [1, 2]);
  pass(9_990);
  assert.equal(await ask(1_000), 2);
  pass(10);
  assert.equal(await ask(1_000), 3);
  assert.equal(await ask(1_000, { about: "other kinds" }), 4);
});

Deno.test("an answer that was slow once is not remembered, and neither is the first that is quick again", async () => {
  const { ask, pass } = numbered();
  const answers = [await ask(500), await ask(1), await ask(500), await ask(500)];
  assert.deepEqual(answers, [1, 2, 3, 4]);
  pass(5_000);
  assert.deepEqual([await ask(1), await ask(1)], [5, 6]);
});

Deno.test("a dear question that fails is asked again, and while it is under way others wait for it", async () => {
  const { ask } = numbered();
  await ask(500);
  const [failed, waited] = await Promise.allSettled([ask(500, { fails: true }), ask(500)]);
  assert.deepEqual([failed.status, waited.status], ["rejected", "rejected"]);
  const again = await Promise.allSettled([ask(500, { fails: true }), ask(500)]);
  assert.deepEqual(again.map(({ status }) => status), ["rejected", "rejected"], "it is dear as before");
  assert.deepEqual([await ask(500), await ask(500)], [4, 4]);
});
