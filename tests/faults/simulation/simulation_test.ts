/** Thousands of storms in simulated time: `SEED=…` replays one, `SIMULATIONS=…` asks for so many. */
import assert from "node:assert/strict";
import { printedRandom } from "../../support/random.ts";
import { runSeeds, sumUp } from "./run_seeds.ts";
import { simulate } from "./simulate.ts";

const OPERATIONS = 100;
const WITHIN_MS = 20_000;

Deno.test("the same seed gives the same run, event by event", async () => {
  const first = await simulate(1, OPERATIONS);
  assert.deepEqual(await simulate(1, OPERATIONS), first);
  assert.notEqual((await simulate(2, OPERATIONS)).fingerprint, first.fingerprint);
});

Deno.test("no storm of misfortunes breaks a promise of the queue", async () => {
  const replayed = Deno.env.has("SEED");
  const asked = Deno.env.get("SIMULATIONS");
  const { seed } = printedRandom("simulation");
  const told = await runSeeds({
    first: seed,
    operations: OPERATIONS,
    count: replayed ? 1 : Number(asked ?? Infinity),
    withinMs: asked === undefined ? WITHIN_MS : Infinity,
  });
  console.log(sumUp(told));
  assert.deepEqual(told.failures, [], told.failures.join("\n\n"));
  assert.ok(replayed || told.runs.length > 20, "there was time for some runs");
});
