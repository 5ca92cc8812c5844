import assert from "node:assert/strict";
import { Semaphore } from "../../queue/basics/semaphore.ts";

Deno.test("at most the given number get a slot at once, others wait in line, and the line is bounded", async () => {
  const semaphore = new Semaphore(2, { maxWaiting: 1 });
  assert.equal(await semaphore.take(), true);
  assert.equal(await semaphore.take(), true);
  let isThirdIn = false;
  const third = semaphore.take().then((taken) => isThirdIn = taken);
  assert.equal(await semaphore.take({ rank: 1 }), false, "the line is full");
  assert.equal(isThirdIn, false);
  semaphore.release();
  assert.equal(await third, true);
});

Deno.test("a caller that aborts while waiting leaves the line", async () => {
  const semaphore = new Semaphore(1, { maxWaiting: 2 });
  await semaphore.take();
  const gone = new AbortController();
  const first = semaphore.take({ signal: gone.signal });
  const second = semaphore.take({ rank: 1 });
  gone.abort();
  assert.equal(await first, false);
  semaphore.release();
  assert.equal(await second, true);
  assert.equal(await semaphore.take({ signal: gone.signal }), false);
});

Deno.test("in a flood of callers of equal rank the latest one goes next", async () => {
  const semaphore = new Semaphore(1, { maxWaiting: 3 });
  await semaphore.take();
  const results: string[] = [];
  const come = (name: string) =>
    semaphore.take().then((isIn) => results.push(`${name} ${isIn ? "in" : "away"}`));
  const all = ["a", "b", "c", "d"].map(come);
  for (let i = 0; i < 3; i++) {
    semaphore.release();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(results, ["a away", "d in", "c in", "b in"]);
});

Deno.test("a late caller with a lower rank goes first, and takes the last place of a full line", async () => {
  const semaphore = new Semaphore(1, { maxWaiting: 2 });
  const order: string[] = [];
  const come = (name: string, rank: number) =>
    semaphore.take({ rank }).then((isIn) => order.push(`${name} ${isIn ? "in" : "away"}`));
  await come("first", 9);
  const all = [come("guesser", 5), come("guesser again", 6), come("newcomer", 1), come("known", 0)];
  for (let i = 0; i < 2; i++) {
    semaphore.release();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(order, ["first in", "guesser again away", "guesser away", "known in", "newcomer in"]);
});
