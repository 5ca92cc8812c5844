/** Adding jobs. They are not due yet, so the figures are for adding only. */
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { type Comparison, middleOf } from "./middle_of.ts";
import { openRawStore } from "./raw_store.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openBareMinimum, openYardstick, type Yardstick } from "./yardstick.ts";

const CLIENTS = 50;
const BATCH = 1_000;
const ONE_BY_ONE = 1_000;
const FROM_CLIENTS = 10_000;
const IN_BATCHES = 30_000;
const HOUR_MS = 3_600_000;

export async function adding({ rounds }: BenchOptions): Promise<Row[]> {
  await using system = await openBenchSystem();
  await using raw = await openRawStore();
  await addFrom(system, { clients: CLIENTS, jobs: ONE_BY_ONE, batch: 1 });
  raw.insert(ONE_BY_ONE, BATCH);
  const compare = (how: Adding, aTransaction: number) =>
    middleOf(rounds, async () => ({
      figure: await addFrom(system, how),
      limit: raw.insert(aTransaction === 1 ? ONE_BY_ONE : how.jobs, aTransaction),
    }));
  return [
    {
      measure: "adding one by one, each awaited",
      ...await compare({ clients: 1, jobs: ONE_BY_ONE, batch: 1 }, 1),
      ...{ unit: "/s", goal: { ratio: 0.95 } },
    },
    {
      measure: `adding one by one, ${CLIENTS} clients at once, vs. one-insert transactions`,
      ...await compare({ clients: CLIENTS, jobs: FROM_CLIENTS, batch: 1 }, 1),
      ...{ unit: "/s", goal: { ratio: 5 } },
    },
    {
      measure: `adding in batches of ${BATCH.toLocaleString("en")}`,
      ...await compare({ clients: 1, jobs: IN_BATCHES, batch: BATCH }, BATCH),
      ...{ unit: "/s", goal: { ratio: 0.7 } },
    },
    {
      measure: "the same, vs. the yardstick: version 1.0's statements",
      ...await againstYardstick(system, openYardstick, rounds),
      ...{ unit: "/s", goal: { ratio: 2.5 } },
    },
    {
      measure: "the same, vs. the bare minimum",
      ...await againstYardstick(system, openBareMinimum, rounds),
      unit: "/s",
    },
  ];
}

async function againstYardstick(
  system: BenchSystem,
  open: () => Promise<Yardstick>,
  rounds: number,
): Promise<Comparison> {
  await using yardstick = await open();
  return await middleOf(rounds, async () => ({
    figure: await addFrom(system, { clients: 1, jobs: IN_BATCHES, batch: BATCH }),
    limit: yardstick.insert(IN_BATCHES),
  }));
}

interface Adding {
  readonly clients: number;
  /** The total for all clients. */
  readonly jobs: number;
  readonly batch: number;
}

async function addFrom({ queue }: BenchSystem, { clients, jobs, batch }: Adding): Promise<number> {
  const runAt = Date.now() + HOUR_MS;
  const client = async () => {
    for (let i = 0; i < jobs / clients; i += batch) {
      await queue.add(Array.from({ length: batch }, () => ({ kind: "noop", runAt })));
    }
  };
  const since = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  return jobs / (performance.now() - since) * 1000;
}
