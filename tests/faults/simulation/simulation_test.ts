/** Always the same storms, so that a failure is caused by the change under test. `SEED=…` replays one. */
import assert from "node:assert/strict";
import { random } from "../../support/random.ts";
import { suffer } from "../fault.ts";
import { simulate } from "./simulate.ts";
import { simulation } from "./simulation_fault.ts";

Deno.test("the same seed gives the same run, event by event, whatever ran before", async () => {
  const first = await simulate(1, 100);
  // Its processes die halfway through their work.
  await simulate(12, 100);
  assert.deepEqual(await simulate(1, 100), first);
  assert.notEqual((await simulate(2, 100)).fingerprint, first.fingerprint);
});

Deno.test("the storms make consumers hang and be given up, so healthy ones that are given up would be found", async () => {
  let silences = 0;
  for (let seed = 1; seed <= 5; seed++) silences += (await simulate(seed, 100)).silences;
  assert.ok(silences > 0);
});

Deno.test(`fault A: ${simulation.title}, and no guarantee is broken`, async () => {
  const replayed = Deno.env.get("SEED");
  const { violations } = await suffer(simulation, {
    random: random(Number(replayed ?? 1)),
    tries: replayed === undefined ? simulation.tries.each : 1,
  });
  assert.deepEqual(violations, [], violations.join("\n\n"));
});
