import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Looks } from "../../ui/auth/looks.ts";

/** Looks that end when the test says so. */
function stage({ betweenMs = 50, patienceMs = 100 } = {}) {
  const began: number[] = [];
  const held: (() => void)[] = [];
  const state = { isHeld: false };
  const look = () => {
    began.push(performance.now());
    const { promise, resolve } = Promise.withResolvers<void>();
    if (state.isHeld) held.push(resolve);
    else resolve();
    return promise;
  };
  return { began, held, state, looks: new Looks({ look, betweenMs, patienceMs }) };
}

Deno.test("a flood of questions costs one look at once, and one for all that come meanwhile", async () => {
  const { began, looks } = stage();
  const first = looks.ask();
  await first;
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => looks.ask()));
  assert.ok(answers.every((isDone) => isDone));
  assert.equal(began.length, 2);
  assert.ok((began[1] ?? 0) - (began[0] ?? 0) >= 49, "not sooner after the first");
});

Deno.test("who asks during a look waits for the next one: what has happened since the first began is seen", async () => {
  const { began, held, state, looks } = stage({ betweenMs: 0, patienceMs: 5_000 });
  state.isHeld = true;
  const first = looks.ask();
  while (held.length === 0) await Promise.resolve();
  const second = looks.ask();
  state.isHeld = false;
  held.shift()?.();
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
  assert.equal(began.length, 2);
});

Deno.test("a look that hangs holds no question up for longer than patience, and later ones not at all", async () => {
  const { held, state, looks } = stage();
  state.isHeld = true;
  const since = performance.now();
  assert.equal(await looks.ask(), false);
  assert.ok(performance.now() - since >= 99);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const later = performance.now();
  assert.equal(await looks.ask(), false);
  assert.ok(performance.now() - later < 50);
  state.isHeld = false;
  held.shift()?.();
  await eventually("it answers again", () => looks.ask());
});

Deno.test("the earliest of the planned looks counts, and none comes after the end", async () => {
  const { began, looks } = stage({ betweenMs: 0 });
  looks.askIn(60_000);
  looks.askIn(10);
  looks.askIn(30_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(began.length, 1);
  looks.askIn(10);
  looks.close();
  looks.askIn(10);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(began.length, 1);
});
