/** A long backlog on a server: what it costs a drain and the reads of the pages, compared with an empty queue. */
import { openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { drainFrom, warmUp } from "./drain.ts";
import { quantile } from "./quantile.ts";
import type { BenchOptions, Row } from "./row.ts";

const BATCH = 1_000;
const AT_ONCE = 2;
const READS = 100;

interface FilledServer {
  readonly url: (queue: string) => string;
  /** Resolves when the server has finished the work that filling it has caused. */
  readonly rested: () => Promise<void>;
}

export async function serverBacklog(
  { url, rested }: FilledServer,
  { jobs, backlog }: BenchOptions,
): Promise<Row[]> {
  const without = await drainOfFew(url("few"), jobs);
  await fill(url("many"), backlog);
  await rested();
  await using system = await openBenchSystem({ url: url("many") });
  await warmUp(system);
  const waiting = backlog.toLocaleString("en");
  const figure = await drainOver(system, jobs);
  return [
    {
      measure: `drain with ${waiting} jobs waiting, vs. one of ${jobs.toLocaleString("en")}`,
      ...{ figure, unit: "/s", limit: without, goal: { ratio: 0.8 } },
    },
    ...await readRows(system),
  ];
}

async function drainOfFew(url: string, jobs: number): Promise<number> {
  await using system = await openBenchSystem({ url });
  await warmUp(system);
  return await drainFrom(system, jobs);
}

/** Fills the queue with due jobs. */
async function fill(url: string, jobs: number): Promise<void> {
  const store = await openStore(url, "owner");
  let next = 0;
  const add = async () => {
    while (next < jobs) {
      const first = next;
      next += BATCH;
      await insertAll(store, waitingJobs(first, Math.min(BATCH, jobs - first)));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, add));
  } finally {
    await store.close();
  }
}

function waitingJobs(first: number, count: number): NewJob[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{
      id: `waiting ${first + i}`,
      kind: "noop",
      payload: "null",
      priority: -1,
      runAt: null,
      replace: false,
    },
  }));
}

/** A store may take only the first of them in one call. */
async function insertAll(store: Store, jobs: readonly NewJob[]): Promise<void> {
  for (let from = 0; from < jobs.length;) from += (await store.insert(jobs.slice(from))).length;
}

async function drainOver(system: BenchSystem, jobs: number): Promise<number> {
  const [before, since] = [system.completed(), performance.now()];
  await system.untilCompleted(before + jobs);
  return (system.completed() - before) / (performance.now() - since) * 1000;
}

/** Reads during the drain. */
async function readRows({ queue }: BenchSystem): Promise<Row[]> {
  const reads = {
    "the newest page": () => queue.list({ limit: 50 }),
    "a page of those that wait": () => queue.list({ status: "PENDING", limit: 50 }),
    "the counts": () => queue.stats(),
  };
  const rows: Row[] = [];
  for (const [name, read] of Object.entries(reads)) {
    const values: number[] = [];
    for (let i = 0; i < READS; i++) {
      const since = performance.now();
      await read();
      values.push(performance.now() - since);
    }
    rows.push({
      measure: `${name} meanwhile, p99`,
      figure: quantile(values, 0.99),
      unit: "ms",
      limit: null,
      goal: { atMost: 100 },
    });
  }
  const { counts } = await queue.stats();
  if (counts.PENDING === 0) {
    throw new Error("The drain was over before all pages had been read: nothing was measured");
  }
  return rows;
}
