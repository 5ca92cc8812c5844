/**
 * Hundreds of storms in simulated time: always the same ones, so that what is red is red because of the change.
 * `SEED=…` replays one, `SIMULATIONS=…` asks for so many.
 */
import assert from "node:assert/strict";
import { runSeeds, sumUp } from "./run_seeds.ts";
import { simulate } from "./simulate.ts";

const OPERATIONS = 100;
const STORMS = 400;

Deno.test("the same seed gives the same run, event by event", async () => {
  const first = await simulate(1, OPERATIONS);
  assert.deepEqual(await simulate(1, OPERATIONS), first);
  assert.notEqual((await simulate(2, OPERATIONS)).fingerprint, first.fingerprint);
});

Deno.test("no storm of misfortunes breaks a promise of the queue", async () => {
  const replayed = Deno.env.get("SEED");
  const asked = Deno.env.get("SIMULATIONS");
  const told = await runSeeds({
    first: Number(replayed ?? 1),
    operations: OPERATIONS,
    count: replayed === undefined ? Number(asked ?? STORMS) : 1,
    withinMs: Infinity,
  });
  console.log(sumUp(told));
  assert.deepEqual(told.failures, [], told.failures.join("\n\n"));
});
