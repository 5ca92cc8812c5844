import assert from "node:assert/strict";
import { Slots } from "../../ui/slots.ts";

Deno.test("at most so many are let in at once, the next wait in line, and the line has an end", async () => {
  const slots = new Slots(2, { maxWaiting: 1 });
  assert.equal(await slots.take(), true);
  assert.equal(await slots.take(), true);
  let isThirdIn = false;
  const third = slots.take().then((taken) => isThirdIn = taken);
  assert.equal(await slots.take(), false, "the line is full");
  assert.equal(isThirdIn, false);
  slots.release();
  assert.equal(await third, true);
  assert.equal(slots.tryTake(), false);
  slots.release();
  assert.equal(slots.tryTake(), true);
});
