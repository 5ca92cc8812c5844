/**
 * The cost of each operation in a database that grows, from ten thousand to ten million jobs; runs with
 * `--long` only.
 */
import { getQueue } from "@persistent-queue/queue";
import { tempFolder } from "../support/temp_folder.ts";
import { quantile } from "./quantile.ts";
import { openRawStore } from "./raw_store.ts";
import type { Row } from "./row.ts";

const SIZES = [10_000, 100_000, 1_000_000, 10_000_000];
const A_TRANSACTION = 10_000;
const TIMES = 200;
const SWEEPS = 20;

export async function growth(): Promise<Row[]> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  await (await getQueue(`sqlite:${path}`, { role: "owner", kinds: ["noop"] })).close();
  const rows: Row[] = [];
  let stored = 0;
  for (const size of SIZES) {
    {
      await using raw = await openRawStore(path);
      raw.insert(size - stored, A_TRANSACTION);
      stored = size;
    }
    const costs = await costsAt(path);
    stored += TIMES;
    rows.push(
      ...Object.entries(costs).map(([what, figure]): Row => ({
        ...{ measure: `${size.toLocaleString("en")} jobs: ${what}, p50`, figure, unit: "ms", limit: null },
      })),
    );
  }
  return rows;
}

/** Milliseconds per operation, durable and awaited if it writes. */
async function costsAt(path: string): Promise<Record<string, number>> {
  const queue = await getQueue(`sqlite:${path}`, { role: "owner", kinds: ["noop"] });
  try {
    const add = await median(TIMES, () => queue.add([{ kind: "noop" }]));
    const work = await median(TIMES, async () => {
      const { claimed } = await queue.claim([{ consumerId: "bench", limit: 1, suspect: false }]);
      await queue.settle(claimed.map((job) => ({ job, outcome: { type: "returned", result: null } })));
    });
    const page = await median(TIMES, async () => {
      await queue.list({ limit: 50 });
      await queue.stats();
    });
    const filtered = await median(TIMES, () => queue.list({ status: "PENDING", limit: 50 }));
    const sweep = await median(SWEEPS, () => queue.sweep({ held: [], freed: 0 }));
    return {
      ...{ "add one": add, "claim and complete one": work, "a page and its counts": page },
      ...{ "a page of those that wait": filtered, "sweep": sweep },
    };
  } finally {
    await queue.close();
  }
}

async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < times; i++) {
    const since = performance.now();
    await work();
    values.push(performance.now() - since);
  }
  return quantile(values, 0.5);
}
