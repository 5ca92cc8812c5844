/**
 * Fault H: a handler takes its thread away for good. The thread is replaced and the job done by another; where two
 * threads cannot be ended, the process ends with 75, and its guard has it at work again within seconds.
 */
import type { Job, Queue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/problems_at.ts";
import { runGuarded } from "../support/run_guarded.ts";
import { testSystem } from "../support/test_system.ts";
import { type Expect, violationsOf } from "../support/violations.ts";
import type { Fault } from "./fault.ts";

const DEAF = ["deaf to its cancel", "deaf to its deadline"] as const;
/** These take more than the job: nothing can end such a thread. Two at a time, for that ends the process. */
const ENDLESS = [["loop", "lock"], ["regex", "query"]] as const;

const BACK_WITHIN_MS = 5_000;
/** For so long a handler may go on that was told to stop. */
const GRACE_MS = 5_000;
const DELAYS_MS = [20, 40, 80];
const TRIES = DEAF.length + ENDLESS.flat().length;

export const hang: Fault = {
  letter: "H",
  title: "a handler loops, backtracks, waits for a lock or a query for ever, or ignores that it must stop",
  tries: { each: TRIES, long: 10 * TRIES },
  async *attempts() {
    for (;;) {
      // These only wait.
      const ignored = DEAF.map((way) => tried(way, (expect) => ignore(way, expect)));
      try {
        for (const pair of ENDLESS) yield* hangTwice(pair);
        for (const violations of ignored) yield await violations;
      } finally {
        await Promise.all(ignored);
      }
    }
  },
};

async function tried(way: string, story: (expect: Expect) => Promise<void>): Promise<string[]> {
  return (await violationsOf(story)).map((violation) => `${way}: ${violation}`);
}

/** Two of three threads hang: both jobs are done by others, then the process begins anew. */
async function* hangTwice(pair: readonly string[]): AsyncGenerator<readonly string[], void, void> {
  // Whoever sweeps more often is called late, and says nothing, where two threads spin and the machine has no third core.
  await using system = await runGuarded({ env: { SWEEP_MS: "400" } });
  const { queue, url, deaths, lives } = system;
  const began = performance.now();
  await queue.add([...pair.map((way) => ({ id: way, kind: "hang", payload: way })), ...NEIGHBOURS]);
  for (const way of pair) {
    yield await tried(way, async (expect) => {
      await expectDoneByAnother(queue, way, expect);
      const replacedMs = Math.round(performance.now() - began);
      // On a machine that has more to do, their process may have ended before others came to it.
      const withinMs = BACK_WITHIN_MS * (1 + deaths.length);
      expect(replacedMs < withinMs, `it was done by another after ${replacedMs} ms only`);
      if (way !== pair.at(-1)) return;

      await eventually("it ends, for two threads cannot be ended", () => deaths.length > 0);
      const diedAt = performance.now();
      await eventually("it works again", () => lives() > 1, { withinMs: BACK_WITHIN_MS });
      const backMs = Math.round(performance.now() - diedAt);
      console.log(`${pair}: done by others after ${replacedMs} ms; ${backMs} ms after code 75 at work again`);
      expect(
        deaths.join() === "The supervisor ended with exit code 75; starting it again at once",
        `${deaths}`,
      );
      await queue.add([{ id: "afterwards", kind: "noop" }]);
      await finished(queue, "afterwards");
      await expectSound(queue, url, expect);
    });
  }
}

async function expectDoneByAnother(queue: Queue, id: string, expect: Expect): Promise<void> {
  const job = await finished(queue, id);
  expect(job.result === '"done by another"', `${id} is ${job.status} with the result ${job.result}`);
  const { history } = await queue.get(id);
  const story = history.map(({ event }) => event).join();
  // The process ends soon after, and takes the next one's work with it.
  const isRight = /^stalled(,released)*$/.test(story) && job.crashes === 1;
  expect(isRight, `${id} has the story "${story}", ${job.crashes} crashes`);
  expect(history[0]?.consumerId !== job.consumerId, `${id} was done by the same consumer`);
}

/** It has its grace, then its thread is cut off. To be canceled charges nothing, to be late a retry. */
async function ignore(way: typeof DEAF[number], expect: Expect): Promise<void> {
  await using system = await testSystem({ LOG_LEVEL: "warn", RETRY_DELAYS_MS: DELAYS_MS.join() });
  const { queue, supervisor, settings, fatal } = system;
  const isCanceled = way === "deaf to its cancel";
  await queue.add([{ id: "deaf", kind: isCanceled ? "deaf" : "deaf_overdue" }, ...NEIGHBOURS]);
  const consumers = () => supervisor.view().consumers;
  await eventually("somebody is on it", () => consumers().some(({ jobId }) => jobId === "deaf"));
  const toldAt = performance.now();
  if (isCanceled) await queue.move("cancel", ["deaf"], "a test");
  const isBack = () =>
    consumers().some(({ restarts }) => restarts === 1) &&
    consumers().every(({ state }) => state !== "starting" && state !== "restarting");
  await eventually("all are back", isBack, { withinMs: GRACE_MS + BACK_WITHIN_MS });
  const ms = Math.round(performance.now() - toldAt);
  expect(ms > GRACE_MS - 200, `it was cut off after ${ms} ms already`);

  const { status, crashes, retries } = await finished(queue, "deaf");
  const expected = isCanceled ? ["CANCELED", 0, 0] : ["COMPLETED", 0, 1];
  expect([status, crashes, retries].join() === expected.join(), `it is ${[status, crashes, retries]}`);
  expect(supervisor.view().wedged === 0 && fatal.length === 0, "a thread that waits is called wedged");
  await expectSound(queue, settings.queueUrl, expect);
}

const NEIGHBOURS = Array.from({ length: 20 }, (_, i) => ({
  ...{ id: `neighbour ${i}`, payload: i < 4 ? i * 20 : 1, kind: i < 4 ? "wait" : i < 8 ? "fail" : "noop" },
}));

async function expectSound(queue: Queue, url: string, expect: Expect): Promise<void> {
  for (const { id } of NEIGHBOURS) {
    const { status, crashes } = await finished(queue, id);
    // Two threads that spin leave little time to a third one: it may seem to hang as well.
    expect(status === "COMPLETED" && crashes < 3, `${id} is ${status}, ${crashes} crashes`);
  }
  const problems = await problemsAt(url, { drained: true, retryLimit: 3, retryDelaysMs: DELAYS_MS });
  expect(problems.length === 0, problems.join(" "));
}

async function finished(queue: Queue, id: string): Promise<Job> {
  return await eventually(`${id} is finished`, async () => {
    const { job } = await queue.get(id);
    return job.status === "PENDING" || job.status === "PROCESSING" ? null : job;
  }, { withinMs: 2 * BACK_WITHIN_MS });
}
