import assert from "node:assert/strict";
import type { Maintainer } from "@persistent-queue/queue";
import { sleep } from "../../queue/basics/time.ts";
import { Sweeper } from "../../workers/sweeper.ts";

interface Judged {
  readonly sweeper: Sweeper;
  /** `justWoke` of each verdict. */
  readonly verdicts: boolean[];
  /** Lets time pass, and the probe, which runs ten times a second, see it. */
  pass(ms: number): Promise<void>;
  /** Lets time pass while nothing of the process runs. */
  pause(ms: number): void;
}

function judgedSweeper(): Judged {
  let now = 0;
  const verdicts: boolean[] = [];
  const queue: Maintainer = {
    sweep: () => Promise.resolve(0),
    recover: () => Promise.resolve([]),
    prune: () => Promise.resolve(0),
    verify: () => Promise.resolve(),
    watch: () => ({ [Symbol.dispose]: () => {} }),
    probe: () => Promise.resolve(),
  };
  const sweeper = new Sweeper({
    ...{ queue, settings: { sweepMs: 10_000, stallMs: 30_000, heartbeatMs: 20 }, clock: () => now },
    judge: ({ justWoke }) => {
      verdicts.push(justWoke);
      return 0;
    },
    held: () => [],
    ...{ onSwept: () => {}, onError: assert.ifError, onLost: assert.fail },
  });
  sweeper.start();
  const pass = async (ms: number) => {
    now += ms;
    await sleep(120);
  };
  return { sweeper, verdicts, pass, pause: (ms) => void (now += ms) };
}

Deno.test("a manual sweep gives up no consumer when the process is paused again while it waits for heartbeats", async () => {
  const { sweeper, verdicts, pass, pause } = judgedSweeper();
  pause(60_000);
  const sweep = sweeper.sweep();
  pause(60_000);
  await sleep(50);
  assert.deepEqual(verdicts, []);
  // The probe finds that it was late; from then on time passes normally.
  await sleep(100);
  pause(100);
  await sweep;
  assert.equal(verdicts.length, 1);
  // A consumer that has waited for CPU time since then is not taken for a hanging one.
  for (let passed = 0; passed < 16_000; passed += 4_000) {
    await pass(4_000);
    await sweeper.sweep();
  }
  assert.deepEqual(verdicts, [true, true, true, true, false]);
  sweeper.stop();
});

Deno.test("a short pause after a long one does not shorten the time in which no consumer is given up", async () => {
  const { sweeper, verdicts, pass } = judgedSweeper();
  await pass(60_000); // late by more than half a stall
  await pass(5_200); // late by a little more than is tolerated
  await pass(4_000);
  await pass(4_000);
  await sweeper.sweep();
  await pass(4_000);
  await sweeper.sweep();
  assert.deepEqual(verdicts, [true, false]);
  sweeper.stop();
});

Deno.test("a stop leaves no sweep waiting for heartbeats", async () => {
  const { sweeper, verdicts, pause } = judgedSweeper();
  pause(60_000);
  let isOver = false;
  const sweep = sweeper.sweep().finally(() => isOver = true);
  sweeper.stop();
  await sleep(0);
  assert.ok(isOver);
  await sweep;
  assert.deepEqual(verdicts, []);
});
