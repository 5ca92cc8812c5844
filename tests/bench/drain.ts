/** As fast as it goes: no-op jobs through ten threads. */
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { openRawStore } from "./raw_store.ts";
import type { BenchOptions, Row } from "./row.ts";

const WARM_UP = 5_000;
const BATCH = 1_000;

export async function drain({ jobs }: BenchOptions): Promise<Row[]> {
  await using system = await openBenchSystem();
  const idleMb = memoryMb();
  const addMs = await addMany(system, { jobs: WARM_UP, runAt: Date.now() });
  await system.untilCompleted(WARM_UP);
  const doneBefore = system.supervisor.view().consumers.map(({ done }) => done);
  const figure = await drainFrom(system, { jobs, addMs: addMs * jobs / WARM_UP });
  const shares = system.supervisor.view().consumers.map(({ done }, i) => done - (doneBefore[i] ?? 0));
  const drainedMb = memoryMb();
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const measure = `drain of ${jobs.toLocaleString("en")} no-op jobs, ${shares.length} consumers`;
  return [
    { measure, figure, unit: "/s", limit: await rawDrain(jobs) },
    { measure: "fairness: least consumer / mean", figure: Math.min(...shares) / mean, unit: "", limit: null },
    { measure: "memory, idle", figure: idleMb, unit: "MB", limit: null },
    { measure: "memory, after the drain", figure: drainedMb, unit: "MB", limit: null },
  ];
}

/** All become due in one moment, after the last was added: adding is not in the figure. */
async function drainFrom(system: BenchSystem, { jobs, addMs }: { jobs: number; addMs: number }) {
  const runAt = Math.round(Date.now() + addMs * 1.5 + 500);
  await addMany(system, { jobs, runAt });
  await new Promise((resolve) => setTimeout(resolve, runAt - Date.now()));
  const since = performance.now();
  const early = system.completed() - WARM_UP;
  await system.untilCompleted(WARM_UP + jobs);
  return (jobs - early) / (performance.now() - since) * 1000;
}

async function addMany({ queue }: BenchSystem, { jobs, runAt }: { jobs: number; runAt: number }) {
  const since = performance.now();
  for (let i = 0; i < jobs; i += BATCH) {
    await queue.add(Array.from({ length: Math.min(BATCH, jobs - i) }, () => ({ kind: "noop", runAt })));
  }
  return performance.now() - since;
}

async function rawDrain(jobs: number): Promise<number> {
  await using raw = await openRawStore();
  raw.insert(WARM_UP, BATCH);
  raw.drain();
  raw.insert(jobs, BATCH);
  return raw.drain();
}

function memoryMb(): number {
  return Deno.memoryUsage().rss / 1e6;
}
