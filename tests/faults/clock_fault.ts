/**
 * Fault L: the clock is set while jobs run, fail and wait. Running work goes by the monotonic clock, and is
 * not affected. A job that waits for a time of the wall clock waits for that time; a job that was due stays
 * due.
 */
import type { JobRequest } from "@persistent-queue/queue";
import { type ClockSystem, clockSystem } from "./clock/system.ts";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import type { Random } from "../support/random.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const SWEEP_MS = 100;
const STALL_MS = 400;
const RETRY_DELAYS_MS = [100, 200];
/** Longer than a stall. */
const LONG_MS = STALL_MS + 200;
const LATE_MS = 300;
/** Work that does not wait for the clock is done by then. */
const SOON_MS = 3_000;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const to = (moment: string) => Date.parse(moment) - Date.now();
const PAST = "1970-01-01T00:01:00Z";
/** After the last second that fits in 31 bits. */
const FUTURE = "2040-01-01T00:00:00Z";

/** By how much the clock is set, sometimes twice. It is corrected after each try. */
const SETTINGS: readonly (() => readonly number[])[] = [
  ...[SECOND, -SECOND, HOUR, -HOUR, DAY, -DAY].map((ms) => () => [ms]),
  () => [to(PAST)],
  () => [to(FUTURE)],
  () => [HOUR, -2 * HOUR],
  () => [-DAY, 2 * DAY],
  () => [to(PAST), to(FUTURE) - to(PAST)],
  () => [to(FUTURE), to(PAST) - to(FUTURE)],
];

export const clock: Fault = {
  letter: "L",
  title: "the clock is set: by a second, an hour, a day, to 1970, to after 2038",
  tries: { each: SETTINGS.length, long: SETTINGS.length },
  async *attempts(random) {
    await using system = await clockSystem({
      ...{ CONSUMERS: "2", RETRY_DELAYS_MS: RETRY_DELAYS_MS.join(","), LOG_LEVEL: "warn" },
      ...{ HEARTBEAT_MS: "50", SWEEP_MS: String(SWEEP_MS), STALL_MS: String(STALL_MS) },
    });
    for (let n = 0;; n++) {
      const byMs = SETTINGS[n % SETTINGS.length]?.() ?? [];
      const broken = await violationsOf((expect) => setClock(system, { n, byMs, random, expect }));
      yield broken.map((violation) => `set by ${byMs.join(" and ")} ms: ${violation}`);
    }
  },
};

interface Setting {
  readonly n: number;
  readonly byMs: readonly number[];
  readonly random: Random;
  readonly expect: Expect;
}

async function setClock(system: ClockSystem, { n, byMs, random, expect }: Setting): Promise<void> {
  const jobs = await addJobs(system, n);
  const sweptBefore = system.sweeps();
  await sleep(random.below(100));
  try {
    for (const ms of byMs) {
      system.setClock(ms);
      await sleep(1.5 * SWEEP_MS);
      await expectPages(system, expect);
    }
    await expectEnds(system, jobs, expect);
  } finally {
    system.setClock(-byMs.reduce((sum, ms) => sum + ms, 0));
  }
  expect(system.sweeps() > sweptBefore, "the sweep came to a halt");
  await eventually("all is done once the clock is right again", () => isDrained(system), {
    withinMs: SOON_MS,
  });
  expectGaps(system, jobs.failing, expect);
  for (const sentence of system.sentences.splice(0)) expect(false, sentence);
  const completed = [...jobs.long, ...jobs.backlog, ...jobs.late];
  const ledger = { added: [...jobs.failing, ...completed], completed };
  const limits = { drained: true, retryLimit: RETRY_DELAYS_MS.length };
  const problems = await problemsAt(system.url, { ledger, ...limits });
  expect(problems.length === 0, problems.join(" "));
}

interface Jobs {
  /** Jobs that fail until no retry is left. */
  readonly failing: string[];
  /** Jobs that run for longer than a stall. */
  readonly long: string[];
  /** Jobs that are due while every consumer is busy. */
  readonly backlog: string[];
  /** Jobs scheduled for a later time of the wall clock. */
  readonly late: string[];
}

async function addJobs({ queue, due, failures, wall }: ClockSystem, n: number): Promise<Jobs> {
  const named = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${n} ${what} ${i}`);
  const jobs = {
    ...{ failing: named("failing", 3), long: named("long", 1) },
    ...{ backlog: named("backlog", 6), late: named("late", 3) },
  };
  const add = (ids: readonly string[], job: JobRequest) => queue.add(ids.map((id) => ({ id, ...job })));
  await add(jobs.failing, { kind: "fail", payload: 9 });
  await eventually("they have failed once", () => jobs.failing.every((id) => failures.has(id)));
  const runAt = wall() + LATE_MS;
  for (const id of jobs.late) due.set(id, runAt);
  await add(jobs.long, { kind: "wait", payload: LONG_MS, priority: 1 });
  await add(jobs.backlog, { kind: "wait", payload: 40 });
  await add(jobs.late, { kind: "noop", runAt });
  return jobs;
}

async function expectEnds({ queue, due, wall }: ClockSystem, jobs: Jobs, expect: Expect): Promise<void> {
  const statusOf = async (id: string) => (await queue.get(id)).job.status;
  const ends = async (ids: readonly string[], status: string) => {
    const isSo = async () => (await Promise.all(ids.map(statusOf))).every((one) => one === status);
    await eventually(`${ids.join()} ${status}`, isSo, { withinMs: SOON_MS }).catch(async () => {
      expect(false, `${ids.join()} are ${await Promise.all(ids.map(statusOf))}, and not ${status}`);
    });
  };
  await ends(jobs.failing, "UNPROCESSABLE");
  await ends([...jobs.long, ...jobs.backlog], "COMPLETED");
  // By now each would have run if the clock had not been set.
  const isDue = jobs.late.every((id) => wall() > (due.get(id) ?? 0));
  await ends(jobs.late, isDue ? "COMPLETED" : "PENDING");
}

/** I7: a retry never comes before its wait is over, whatever the wall clock says. */
function expectGaps({ failures }: ClockSystem, ids: readonly string[], expect: Expect): void {
  for (const id of ids) {
    const gaps = (failures.get(id) ?? []).map((at, i, all) => at - (all[i - 1] ?? -Infinity)).slice(1);
    expect(gaps.length === RETRY_DELAYS_MS.length, `${id} was tried again ${gaps.length} times`);
    for (const [i, gapMs] of gaps.entries()) {
      const delayMs = RETRY_DELAYS_MS[i] ?? 0;
      // Timers count whole milliseconds.
      expect(gapMs > delayMs - 1, `${id} was tried again after ${gapMs} ms instead of ${delayMs}`);
    }
  }
}

/** Text that no page may show, such as an impossible age. */
const NONSENSE = /NaN|Invalid|undefined|(?<=\s)[-−]\d+/;

async function expectPages({ ask }: ClockSystem, expect: Expect): Promise<void> {
  for (const path of ["manager/", "manager/consumers", "ops/", "ops/metrics", "ops/healthz"]) {
    const { status, text } = await ask(path);
    expect(status === 200, `${path} answered ${status}`);
    const [nonsense] = NONSENSE.exec(text.replaceAll(/<[^>]*>/g, " ")) ?? [];
    expect(nonsense === undefined, `${path} shows ${nonsense}`);
  }
}

async function isDrained({ queue }: ClockSystem): Promise<boolean> {
  const { counts } = await queue.stats();
  return counts.PENDING + counts.PROCESSING === 0;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
