/** Maximum throughput: no-op jobs through ten threads. */
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { middle, middleOf, repeated } from "./middle_of.ts";
import { openRawStore } from "./raw_store.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openBareMinimum, openYardstick, type Yardstick } from "./yardstick.ts";

const WARM_UP = 5_000;
const WAITING = 300_000;
const FIRST = 5_000;
const FOLLOWING = 100_000;
const BATCH = 1_000;

export async function drain({ jobs, rounds }: BenchOptions): Promise<Row[]> {
  const drains = await repeated(rounds, async () => ({
    ...await drainOnce(jobs),
    own: await rawDrain(jobs),
    yardstick: await drainOf(openYardstick, jobs),
    bare: await drainOf(openBareMinimum, jobs),
  }));
  const against = (limit: "own" | "yardstick" | "bare") =>
    middle(drains.map((drained) => ({ ...drained, limit: drained[limit] })));
  const { figure, limit, fairness } = against("own");
  return [
    {
      measure: `drain of ${jobs.toLocaleString("en")} no-op jobs, 10 consumers`,
      ...{ figure, unit: "/s", limit, goal: { ratio: 0.8 } },
    },
    {
      measure: "the same, vs. the yardstick: version 1.0's statements",
      ...{
        figure: against("yardstick").figure,
        limit: against("yardstick").limit,
        unit: "/s",
        goal: { ratio: 1 },
      },
    },
    {
      measure: "the same, vs. the bare minimum",
      ...{ figure: against("bare").figure, limit: against("bare").limit, unit: "/s" },
    },
    {
      measure: "fairness: least consumer / mean",
      ...{ figure: fairness, unit: "", limit: null, goal: { atLeast: 0.5 } },
    },
  ];
}

/** The first jobs of newly started threads, compared with those that follow. */
export async function firstJobs({ rounds }: BenchOptions): Promise<Row[]> {
  const compared = await middleOf(rounds, firstOnce);
  const measure = `the first ${FIRST.toLocaleString("en")} of ${
    WAITING.toLocaleString("en")
  }, vs. those that follow`;
  return [{ measure, ...compared, unit: "/s", goal: { ratio: 0.85 } }];
}

async function firstOnce(): Promise<{ figure: number; limit: number }> {
  await using system = await openBenchSystem();
  // Enough time to add them all before they are due.
  const runAt = Date.now() + WAITING / 20;
  await addMany(system, { jobs: WAITING, runAt });
  if (Date.now() >= runAt) throw new Error("Adding the jobs took longer than there was time for.");
  await new Promise((resolve) => setTimeout(resolve, runAt - Date.now()));
  const rateUntil = async (from: number, to: number) => {
    const since = performance.now();
    await system.untilCompleted(to);
    return (to - from) / (performance.now() - since) * 1000;
  };
  const figure = await rateUntil(0, FIRST);
  return { figure, limit: await rateUntil(FIRST, FIRST + FOLLOWING) };
}

async function drainOnce(jobs: number): Promise<{ figure: number; fairness: number }> {
  await using system = await openBenchSystem();
  await warmUp(system);
  const doneBefore = system.supervisor.view().consumers.map(({ done }) => done);
  const figure = await drainFrom(system, jobs);
  const shares = system.supervisor.view().consumers.map(({ done }, i) => done - (doneBefore[i] ?? 0));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return { figure, fairness: Math.min(...shares) / mean };
}

/** The first jobs of a thread are slow. */
export async function warmUp(system: BenchSystem): Promise<void> {
  const before = system.completed();
  await addMany(system, { jobs: WARM_UP, runAt: Date.now() });
  await system.untilCompleted(before + WARM_UP);
}

/** All become due at once, after the last is added, so the figure excludes adding. Returns jobs per second. */
export async function drainFrom(system: BenchSystem, jobs: number): Promise<number> {
  const atFirst = system.completed();
  const sampleMs = await addMany(system, { jobs: BATCH, runAt: Date.now() });
  await system.untilCompleted(atFirst + BATCH);
  const runAt = Math.round(Date.now() + sampleMs * 1.5 * jobs / BATCH + 500);
  const before = system.completed();
  await addMany(system, { jobs, runAt });
  await new Promise((resolve) => setTimeout(resolve, runAt - Date.now()));
  const since = performance.now();
  const early = system.completed() - before;
  await system.untilCompleted(before + jobs);
  return (jobs - early) / (performance.now() - since) * 1000;
}

async function addMany({ queue }: BenchSystem, { jobs, runAt }: { jobs: number; runAt: number }) {
  const since = performance.now();
  for (let i = 0; i < jobs; i += BATCH) {
    await queue.add(Array.from({ length: Math.min(BATCH, jobs - i) }, () => ({ kind: "noop", runAt })));
  }
  return performance.now() - since;
}

async function drainOf(open: () => Promise<Yardstick>, jobs: number): Promise<number> {
  await using yardstick = await open();
  yardstick.insert(WARM_UP);
  yardstick.drain();
  yardstick.insert(jobs);
  return yardstick.drain();
}

async function rawDrain(jobs: number): Promise<number> {
  await using raw = await openRawStore();
  raw.insert(WARM_UP, BATCH);
  raw.drain();
  raw.insert(jobs, BATCH);
  return raw.drain();
}
