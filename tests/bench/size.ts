/** The disk space that finished jobs take, compared with the same jobs in the schema of version 1.0. */
import { getQueue } from "@persistent-queue/queue";
import { drainBacklog } from "../support/queue/backlog_drain.ts";
import { tempFolder } from "../support/temp_folder.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openYardstick } from "./yardstick.ts";

const BATCH = 1_000;

export async function size({ jobs }: BenchOptions): Promise<Row[]> {
  await using yardstick = await openYardstick();
  yardstick.insert(jobs);
  yardstick.drain();
  return [{
    measure: "database, per finished no-op job",
    figure: await sizeAfter(jobs) / jobs,
    limit: yardstick.size() / jobs,
    unit: "bytes",
  }];
}

async function sizeAfter(jobs: number): Promise<number> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const queue = await getQueue(`sqlite:${path}`, { role: "owner", kinds: ["noop"] });
  for (let i = 0; i < jobs; i += BATCH) {
    await queue.add(Array.from({ length: Math.min(BATCH, jobs - i) }, () => ({ kind: "noop" })));
  }
  await drainBacklog(queue, crypto.randomUUID());
  // This folds the log into it.
  await queue.close();
  return (await Deno.stat(path)).size;
}
