/** What is asked each second is asked less often while its answer is dear. */
import assert from "node:assert/strict";
import { DearQuestion } from "../../queue/postgres/dear_question.ts";

const ABOUT = "all kinds";

/** A question whose answers are numbered. */
function questionThatTakes(): {
  ask(tookMs: number, about?: string): Promise<number>;
  pass(ms: number): void;
} {
  let [at, asked] = [0, 0];
  const dear = new DearQuestion<number>({ now: () => at });
  const ask = (tookMs: number, about = ABOUT) =>
    dear.ask(about, () => {
      at += tookMs;
      return Promise.resolve(asked += 1);
    });
  return { ask, pass: (ms) => at += ms };
}

Deno.test("a question that was dear twice is answered from memory for ten times as long as it took", async () => {
  const { ask, pass } = questionThatTakes();
  assert.deepEqual([await ask(500), await ask(1_000)], [1, 2]);
  pass(9_990);
  assert.equal(await ask(1_000), 2);
  pass(10);
  assert.equal(await ask(1_000), 3);
  assert.equal(await ask(1_000, "other kinds"), 4);
});

Deno.test("an answer that was slow once is not remembered, and neither is the first that is quick again", async () => {
  const { ask, pass } = questionThatTakes();
  const answers = [await ask(500), await ask(1), await ask(500), await ask(500)];
  assert.deepEqual(answers, [1, 2, 3, 4]);
  pass(5_000);
  assert.deepEqual([await ask(1), await ask(1)], [5, 6]);
});

Deno.test("a dear question that fails is asked again", async () => {
  const { ask } = questionThatTakes();
  const dear = new DearQuestion<number>();
  const fails = () => dear.ask(ABOUT, () => Promise.reject(new Error("no answer")));
  await assert.rejects(fails, /no answer/);
  assert.equal(await dear.ask(ABOUT, () => ask(1)), 1);
});
