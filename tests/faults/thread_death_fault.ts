/**
 * Fault G: a consumer's thread dies, or becomes useless, while the others work. Its job is done by another,
 * or given up by the rule; no other job is affected; all consumers are back within seconds.
 */
import { type Job, type JobRequest, openStore } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { eventually } from "../support/eventually.ts";
import { hasBegun } from "../support/system/first_time.ts";
import type { Random } from "../support/random.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import { WatchedThreads } from "./thread_death/watched_threads.ts";
import type { Fault } from "./fault.ts";

/** Grouped by equal effect. The last two happen to a thread, the others a job does to it. */
const WAYS = [
  ["throw-outside", "throw-later"],
  ["reject-outside"],
  ["throw-in-callback"],
  ["throw-in-listener"],
  ["mute"],
  ["ended at work"],
  ["ended while idle"],
] as const;
type Way = typeof WAYS[number][number];

const CONSUMERS = 3;
const CRASH_LIMIT = 2;
/** This many tries share one system; after them every job's history is read. */
const TOGETHER = 20;
const BACK_WITHIN_MS = 5_000;

export const threadDeath: Fault = {
  letter: "G",
  title:
    "a thread throws, rejects, fails in a callback or a listener, falls silent, is ended idle or at work",
  tries: { each: 4 * TOGETHER, long: 50 * WAYS.length * TOGETHER },
  attempts,
};

async function* attempts(random: Random): AsyncGenerator<readonly string[], void, void> {
  const backMs: number[] = [];
  try {
    for (let first = 0;; first += TOGETHER) yield* triesTogether(first, random, backMs);
  } finally {
    const sorted = backMs.toSorted((a, b) => a - b).map(Math.round);
    console.log(`all consumers back: median ${sorted[sorted.length >> 1]} ms, worst ${sorted.at(-1)} ms`);
  }
}

async function* triesTogether(first: number, random: Random, backMs: number[]) {
  const threads = new WatchedThreads();
  await using system = await testSystem({
    ...{ CONSUMERS: String(CONSUMERS), CRASH_LIMIT: String(CRASH_LIMIT), LOG_LEVEL: "warn" },
    // On a busy machine a healthy thread may get no CPU time for half a second, which would be one death too many.
    ...{ HEARTBEAT_MS: "40", SWEEP_MS: "100", STALL_MS: "600" },
  }, { threads });
  for (let n = first; n < first + TOGETHER; n++) {
    const way = random.pick(WAYS[n % WAYS.length] ?? WAYS[0]);
    const death = { system, threads, random, way, name: `try ${n}` };
    const broken = await violationsOf(async (expect) => {
      backMs.push(await die(death, expect));
      if (n === first + TOGETHER - 1) await checkAll(system, expect);
    });
    yield broken.map((violation) => `${way}: ${violation}`);
  }
}

interface Death {
  readonly system: TestSystem;
  readonly threads: WatchedThreads;
  readonly random: Random;
  readonly way: Way;
  readonly name: string;
}

/** One death among working consumers. Returns after how many milliseconds all of them were back. */
async function die(death: Death, expect: Expect): Promise<number> {
  const { system: { queue, supervisor, fatal }, random, name } = death;
  const isPoison = death.way !== "ended while idle" && random.chance(0.15);
  const deaths = isPoison ? CRASH_LIMIT : 1;
  const neighbours = loadOf(name, random);
  await eventually(
    () => `all are idle, but ${JSON.stringify(supervisor.view().consumers)}`,
    () => supervisor.view().consumers.every(({ state }) => state === "idle"),
  );
  const before = restarts(death.system);

  const began = performance.now();
  // A thread that will be ended while idle must not get one of the jobs first.
  const isIdle = death.way === "ended while idle";
  await Promise.all([isIdle ? null : queue.add(neighbours), letDie(death, deaths)]);
  if (isIdle) await queue.add(neighbours);
  await eventually("all are back", () => restarts(death.system) >= before + deaths && areBack(death.system));
  const backMs = performance.now() - began;
  expect(backMs < BACK_WITHIN_MS, `all consumers were back after ${Math.round(backMs)} ms only`);
  await eventually("all is done", async () => {
    const { counts } = await queue.stats();
    return counts.PENDING + counts.PROCESSING === 0;
  });

  for (const { id = "" } of neighbours) {
    const { job } = await queue.get(id);
    expect(job.status === "COMPLETED" && job.crashes === 0, `a neighbour is ${describe(job)}`);
  }
  if (death.way !== "ended while idle") await checkVictim(death, deaths, expect);
  const restarted = restarts(death.system) - before;
  expect(restarted === deaths, `${restarted} restarts for ${deaths} deaths`);
  expect(fatal.length === 0, `it wanted to end: ${JSON.stringify(fatal)}`);
  return backMs;
}

/** Lets a thread die `deaths` times. */
async function letDie({ system, threads, random, way, name }: Death, deaths: number): Promise<void> {
  const { queue, supervisor } = system;
  if (way === "ended while idle") return await endIdle(system, threads, 1 + random.below(CONSUMERS));
  const times = deaths === 1 ? "once" : "always";
  const priority = random.below(3) - 1;
  if (way !== "ended at work") {
    await queue.add([{ id: name, kind: "die", payload: `${way} ${times}`, priority }]);
    return;
  }
  await queue.add([{ id: name, kind: "die", payload: `linger ${times}`, priority }]);
  for (let n = 0; n < deaths; n++) {
    const before = restarts(system);
    // Ended before its handler has noted that it began, the job would wait a second time, and for ever. And a thread
    // that is ended while it loads a module takes the process with it (denoland/deno#35657).
    await eventually("its handler runs", () => hasBegun(system.settings.filesDir, name, n + 1));
    const { slot } = await eventually(
      "the thread works on it",
      () => supervisor.view().consumers.find(({ jobId }) => jobId === name),
    );
    threads.end(`consumer ${slot}`);
    await eventually("the death is noticed", () => restarts(system) > before);
  }
}

async function endIdle(system: TestSystem, threads: WatchedThreads, slot: number): Promise<void> {
  const before = restarts(system);
  threads.end(`consumer ${slot}`);
  await eventually("the death is noticed", () => restarts(system) > before);
}

async function checkVictim({ system, way, name }: Death, deaths: number, expect: Expect): Promise<void> {
  const { job, history } = await system.queue.get(name);
  const isRight = deaths === CRASH_LIMIT
    ? job.status === "UNPROCESSABLE"
    : job.status === "COMPLETED" && job.result === '"done by another"';
  expect(isRight && job.crashes === deaths && job.retries === 0, `the job is ${describe(job)}`);
  const events = history.map(({ event }) => event).join();
  const expected = new Array(deaths).fill(way === "mute" ? "stalled" : "crashed").join();
  expect(events === expected, `the job's events are "${events}", not "${expected}"`);
  const others = new Set([...history.map(({ consumerId }) => consumerId), job.consumerId]);
  const lives = deaths === CRASH_LIMIT ? deaths : deaths + 1;
  expect(others.size === lives, `the job was run by ${others.size} consumers, not ${lives}`);
}

/** 25 jobs around it: most take no time, some wait, one needs a second attempt. */
function loadOf(name: string, random: Random): JobRequest[] {
  return Array.from({ length: 25 }, (_, i) => {
    const id = `${name}, neighbour ${i}`;
    if (i === 0) return { id, kind: "fail", payload: 1 };
    if (i < 4) return { id, kind: "wait", payload: random.below(30) };
    return { id, kind: "noop", priority: random.below(3) - 1 };
  });
}

/** Checks every job's history, from the store itself, and that each job ended once, by the events. */
async function checkAll({ queue, settings, events }: TestSystem, expect: Expect): Promise<void> {
  const store = await openStore(settings.queueUrl, "guest");
  try {
    const problems = await verify(store, {
      ...{ deep: true, drained: true, retryLimit: settings.retryDelaysMs.length },
    });
    expect(problems.length === 0, problems.join("; "));
  } finally {
    await store.close();
  }
  const { counts } = await queue.stats();
  const completed = events.reduce((sum, event) => event.type === "completed" ? sum + event.count : sum, 0);
  const exhausted = events.filter(({ type }) => type === "exhausted").length;
  expect(completed === counts.COMPLETED, `${completed} completions for ${counts.COMPLETED} completed jobs`);
  expect(exhausted === counts.UNPROCESSABLE, `${exhausted} jobs given up, ${counts.UNPROCESSABLE} are so`);
}

function restarts({ supervisor }: TestSystem): number {
  return supervisor.view().consumers.reduce((sum, consumer) => sum + consumer.restarts, 0);
}

function areBack({ supervisor }: TestSystem): boolean {
  return supervisor.view().consumers.every(({ state }) => state !== "starting" && state !== "restarting");
}

function describe({ status, crashes, retries, result, error }: Job): string {
  return JSON.stringify({ status, crashes, retries, result, error });
}
