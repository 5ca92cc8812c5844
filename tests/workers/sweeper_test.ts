import assert from "node:assert/strict";
import type { Janitor } from "@persistent-queue/queue";
import { sleep } from "../../workers/sleep.ts";
import { Sweeper } from "../../workers/sweeper.ts";

Deno.test("a sweep by hand gives nobody up when the process is paused once more while it waits for heartbeats", async () => {
  let now = 0;
  let judged = 0;
  const verdicts: boolean[] = [];
  const queue: Janitor = {
    sweep: () => Promise.resolve(0),
    recover: () => Promise.resolve([]),
    prune: () => Promise.resolve(0),
    lookOver: () => Promise.resolve(),
    watch: () => Promise.resolve(),
  };
  const sweeper = new Sweeper({
    ...{ queue, settings: { sweepMs: 10_000, stallMs: 30_000, heartbeatMs: 20 }, clock: () => now },
    judge: ({ justWoke }) => {
      judged += 1;
      verdicts.push(justWoke);
      return { held: [], freed: 0 };
    },
    ...{ onSwept: () => {}, onError: assert.ifError, onLost: assert.fail },
  });
  sweeper.start();
  now += 60_000;
  const sweep = sweeper.sweep();
  now += 60_000;
  await sleep(50);
  assert.equal(judged, 0);
  // The watch finds that it was late, and from then on time passes as it should.
  await sleep(100);
  now += 100;
  await sweep;
  assert.equal(judged, 1);
  // Whoever waits for a processor since then is not taken for one that hangs.
  for (let passed = 0; passed < 16_000; passed += 4_000) {
    now += 4_000;
    await sleep(120); // the watch comes ten times a second
    await sweeper.sweep();
  }
  assert.deepEqual(verdicts, [true, true, true, true, false]);
  sweeper.stop();
});
