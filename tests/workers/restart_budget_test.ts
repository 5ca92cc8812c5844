import assert from "node:assert/strict";
import { RestartBudget } from "../../workers/slots/thread_slot.ts";

const YOUNG = { lifeMs: 50, wasUseful: false };

Deno.test("a slot is refilled at once three times, then after growing delays of half a minute at most", () => {
  const budget = new RestartBudget();
  const waits = Array.from({ length: 12 }, () => budget.spend(YOUNG));
  assert.deepEqual(waits, [0, 0, 0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.ok(budget.isSlow);
});

Deno.test("a slot whose lives last is refilled at once, and earlier failures are forgotten", () => {
  const budget = new RestartBudget();
  for (let i = 0; i < 4; i++) budget.spend(YOUNG);
  assert.equal(budget.spend({ lifeMs: 60_000, wasUseful: false }), 0);
  assert.ok(!budget.isSlow);
  assert.equal(budget.spend(YOUNG), 0);
});

Deno.test("a life that did some work does not count as a failure, however short it was", () => {
  const budget = new RestartBudget();
  for (let i = 0; i < 4; i++) budget.spend(YOUNG);
  assert.equal(budget.spend({ lifeMs: 5, wasUseful: true }), 0);
  assert.equal(budget.spend(YOUNG), 0);
});
