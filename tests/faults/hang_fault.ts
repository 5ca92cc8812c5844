/**
 * Fault H: a handler computes or waits for ever, or ignores the order to stop. Its thread is ended and
 * replaced, and the job is done by another; no other job is affected. Only a native call cannot be ended: at
 * the second such thread the process ends with 75, and its guard has it working again within seconds.
 */
import process from "node:process";
import type { Job, Queue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { runGuarded } from "./hang/run_guarded.ts";
import { testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const DEAF = ["deaf to its cancel", "deaf to its deadline"] as const;
const ENDLESS = ["loop", "regex", "lock"] as const;

const BACK_WITHIN_MS = 5_000;
/** How long a handler may run after it was told to stop. */
const GRACE_MS = 5_000;
const DELAYS_MS = [20, 40, 80];
const TRIES = DEAF.length + ENDLESS.length + 1;

export const hang: Fault = {
  letter: "H",
  title: "a handler loops, backtracks, waits for a lock or a query for ever, or ignores that it must stop",
  tries: { each: TRIES, long: 10 * TRIES },
  async *attempts() {
    for (;;) {
      // These only wait.
      const ignored = DEAF.map((way) => tried(way, (expect) => ignore(way, expect)));
      try {
        for (const way of ENDLESS) yield await tried(way, (expect) => hangOnce(way, expect));
        yield await tried("query", hangInNativeCode);
        for (const violations of ignored) yield await violations;
      } finally {
        await Promise.all(ignored);
      }
    }
  },
};

async function tried(way: string, scenario: (expect: Expect) => Promise<void>): Promise<string[]> {
  return (await violationsOf(scenario)).map((violation) => `${way}: ${violation}`);
}

/** The thread is gone, it uses no more CPU time, and the process lives. */
async function hangOnce(way: string, expect: Expect): Promise<void> {
  await using system = await testSystem({ LOG_LEVEL: "warn", RETRY_DELAYS_MS: DELAYS_MS.join() });
  const { queue, supervisor, settings, fatal } = system;
  await queue.add([{ id: way, kind: "hang", payload: way }, ...NEIGHBOURS]);
  await expectDoneByAnother(queue, way, expect);
  for (const { id } of NEIGHBOURS) await finished(queue, id);
  // A thread that still spins uses every interval fully, for ever; threads that start use part of the first ones.
  await eventually("no CPU time is wasted", async () => await processorTimeOf(400) < 200);
  expect(supervisor.view().wedged === 0 && fatal.length === 0, "a thread that was ended is called wedged");
  await expectSound(queue, settings.queueUrl, expect);
}

/** The CPU time of this process within `ms` milliseconds. */
async function processorTimeOf(ms: number): Promise<number> {
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, ms));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/**
 * Two of three threads hang in a native call, which cannot be ended: other consumers run both jobs, then the
 * process restarts.
 */
async function hangInNativeCode(expect: Expect): Promise<void> {
  // A shorter interval would count as late, and skip its verdict, when two threads spin and the machine has
  // no third core.
  await using system = await runGuarded({ env: { SWEEP_MS: "400" } });
  const { queue, url, deaths, lives, logLines } = system;
  const pair = ["query 1", "query 2"];
  await queue.add([...pair.map((id) => ({ id, kind: "hang", payload: "query" })), ...NEIGHBOURS]);
  for (const id of pair) await expectDoneByAnother(queue, id, expect);
  // These two keep both cores busy.
  await eventually("it ends, for two threads cannot be ended", () => deaths.length > 0, { withinMs: 15_000 });
  const diedAt = performance.now();
  await eventually("it works again", () => lives() > 1, { withinMs: BACK_WITHIN_MS });
  console.log(`${Math.round(performance.now() - diedAt)} ms after code 75 at work again`);
  expect(
    deaths.join() === "The supervisor ended with exit code 75; starting it again at once",
    `${deaths}`,
  );
  const named = logLines().filter((line) => line.includes(" hangs in native code, in job "));
  for (const id of pair) {
    const { history: [stall] } = await queue.get(id);
    const start =
      `The thread of consumer ${stall?.consumerId} hangs in native code, in job ${id} of kind hang:`;
    expect(
      named.filter((line) => line.includes(start)).length === 1,
      `the log says of ${id}: ${named.join("\n")}`,
    );
  }
  await queue.add([{ id: "afterwards", kind: "noop" }]);
  await finished(queue, "afterwards");
  await expectSound(queue, url, expect);
}

async function expectDoneByAnother(queue: Queue, id: string, expect: Expect): Promise<void> {
  const job = await finished(queue, id);
  expect(job.result === '"done by another"', `${id} is ${job.status} with the result ${job.result}`);
  const { history } = await queue.get(id);
  const events = history.map(({ event }) => event).join();
  // The process ends soon after, and takes the next one's work with it.
  const isRight = /^stalled(,released)*$/.test(events) && job.crashes === 1;
  expect(isRight, `${id} has the events "${events}", ${job.crashes} crashes`);
  expect(history[0]?.consumerId !== job.consumerId, `${id} was done by the same consumer`);
}

/** The handler gets its grace period, then its thread is ended. A cancel costs nothing, a missed deadline one retry. */
async function ignore(way: typeof DEAF[number], expect: Expect): Promise<void> {
  await using system = await testSystem({ LOG_LEVEL: "warn", RETRY_DELAYS_MS: DELAYS_MS.join() });
  const { queue, supervisor, settings, fatal } = system;
  const isCanceled = way === "deaf to its cancel";
  await queue.add([{ id: "deaf", kind: isCanceled ? "deaf" : "deaf_overdue" }, ...NEIGHBOURS]);
  const consumers = () => supervisor.view().consumers;
  await eventually("a consumer runs it", () => consumers().some(({ jobId }) => jobId === "deaf"));
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
    // Two spinning threads leave little time for a third one, which may seem to hang as well.
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
