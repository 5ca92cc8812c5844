/** The time from opening the queue to the first consumer that is ready; and from the death of the process to work. */
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { openBenchSystem } from "./bench_system.ts";
import { quantile } from "./quantile.ts";
import type { BenchOptions, Row } from "./row.ts";

const KILLS = 5;
const CONSUMERS = 10;

export async function starting({ backlog, large }: BenchOptions): Promise<Row[]> {
  await using folder = await tempFolder();
  const database = folder.file("queue.db");
  await large.copyTo(database);
  const waiting = `${backlog.toLocaleString("en")} jobs waiting`;
  return [
    toRow("start to healthy, an empty database", await healthyAfterMs(), 1_500),
    toRow(`start to healthy, ${waiting}`, await healthyAfterMs(database), 3_000),
    toRow("supervisor killed until a new job is done, p50", await workingAgainAfterMs(), 3_000),
  ];
}

function toRow(measure: string, figure: number, atMost: number): Row {
  return { measure, figure, unit: "ms", limit: null, goal: { atMost } };
}

async function healthyAfterMs(database?: string): Promise<number> {
  await using system = await openBenchSystem(database === undefined ? {} : { database });
  return system.healthyAfterMs;
}

/** The whole system as a user starts it, with its guard. */
async function workingAgainAfterMs(): Promise<number> {
  await using system = await runSystem({ env: { CONSUMERS: String(CONSUMERS), WORK_MS: "0" } });
  const values: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    const supervisor = system.supervisorPid();
    const since = performance.now();
    Deno.kill(supervisor, "SIGKILL");
    const isDone = async () => {
      const id = await addFile(system, `after ${i}.txt`).catch(() => null);
      return id && await system.until(id, "COMPLETED");
    };
    await eventually("it works again", isDone, { withinMs: 20_000 });
    values.push(performance.now() - since);
    await eventually("the new supervisor has started", () => system.supervisorPid() !== supervisor);
    // Long enough not to count as a crash loop, in which the guard adds delays.
    await delay(1_000);
  }
  return quantile(values, 0.5);
}
