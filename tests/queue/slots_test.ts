import assert from "node:assert/strict";
import { Slots } from "../../queue/slots.ts";

Deno.test("at most the given number get a slot at once, others wait in line, and the line is bounded", async () => {
  const slots = new Slots(2, { maxWaiting: 1 });
  assert.equal(await slots.take(), true);
  assert.equal(await slots.take(), true);
  let isThirdIn = false;
  const third = slots.take().then((taken) => isThirdIn = taken);
  assert.equal(await slots.take({ rank: 1 }), false, "the line is full");
  assert.equal(isThirdIn, false);
  slots.release();
  assert.equal(await third, true);
});

Deno.test("a caller that aborts while waiting leaves the line", async () => {
  const slots = new Slots(1, { maxWaiting: 2 });
  await slots.take();
  const gone = new AbortController();
  const first = slots.take({ signal: gone.signal });
  const second = slots.take({ rank: 1 });
  gone.abort();
  assert.equal(await first, false);
  slots.release();
  assert.equal(await second, true);
  assert.equal(await slots.take({ signal: gone.signal }), false);
});

Deno.test("under a flood of equal rank the latest caller goes next", async () => {
  const slots = new Slots(1, { maxWaiting: 3 });
  await slots.take();
  const results: string[] = [];
  const come = (name: string) => slots.take().then((isIn) => results.push(`${name} ${isIn ? "in" : "away"}`));
  const all = ["a", "b", "c", "d"].map(come);
  for (let i = 0; i < 3; i++) {
    slots.release();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(results, ["a away", "d in", "c in", "b in"]);
});

Deno.test("a late caller with a lower rank goes first, and takes the last place of a full line", async () => {
  const slots = new Slots(1, { maxWaiting: 2 });
  const order: string[] = [];
  const come = (name: string, rank: number) =>
    slots.take({ rank }).then((isIn) => order.push(`${name} ${isIn ? "in" : "away"}`));
  await come("first", 9);
  const all = [come("guesser", 5), come("guesser again", 6), come("newcomer", 1), come("known", 0)];
  for (let i = 0; i < 2; i++) {
    slots.release();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Promise.all(all);
  assert.deepEqual(order, ["first in", "guesser again away", "guesser away", "known in", "newcomer in"]);
});
