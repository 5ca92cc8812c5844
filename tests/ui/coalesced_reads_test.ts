import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { CoalescedReads } from "../../ui/auth/coalesced_reads.ts";

/** Reads that end when the test says so. */
function stage({ minIntervalMs = 50, patienceMs = 100 } = {}) {
  const began: number[] = [];
  const held: (() => void)[] = [];
  const state = { isHeld: false };
  const read = () => {
    began.push(performance.now());
    const { promise, resolve } = Promise.withResolvers<void>();
    if (state.isHeld) held.push(resolve);
    else resolve();
    return promise;
  };
  return { began, held, state, reads: new CoalescedReads({ read, minIntervalMs, patienceMs }) };
}

Deno.test("a flood of requests costs one read at once, and one more for all that arrive meanwhile", async () => {
  const { began, reads } = stage();
  const first = reads.request();
  await first;
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => reads.request()));
  assert.ok(answers.every((isDone) => isDone));
  assert.equal(began.length, 2);
  assert.ok((began[1] ?? 0) - (began[0] ?? 0) >= 49, "not sooner after the first");
});

Deno.test("a request during a read waits for the next one, which sees what has happened since the first began", async () => {
  const { began, held, state, reads } = stage({ minIntervalMs: 0, patienceMs: 5_000 });
  state.isHeld = true;
  const first = reads.request();
  while (held.length === 0) await Promise.resolve();
  const second = reads.request();
  state.isHeld = false;
  held.shift()?.();
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
  assert.equal(began.length, 2);
});

Deno.test("a read that hangs delays no request beyond its patience, and later ones not at all", async () => {
  const { held, state, reads } = stage();
  state.isHeld = true;
  const since = performance.now();
  assert.equal(await reads.request(), false);
  assert.ok(performance.now() - since >= 99);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const later = performance.now();
  assert.equal(await reads.request(), false);
  assert.ok(performance.now() - later < 50);
  state.isHeld = false;
  held.shift()?.();
  await eventually("it reads again", () => reads.request());
});

Deno.test("the earliest of the scheduled reads counts, and none runs after close", async () => {
  const { began, reads } = stage({ minIntervalMs: 0 });
  reads.requestIn(60_000);
  reads.requestIn(10);
  reads.requestIn(30_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(began.length, 1);
  reads.requestIn(10);
  reads.close();
  reads.requestIn(10);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(began.length, 1);
});
