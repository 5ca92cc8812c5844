/** From opening the queue to the first consumer that is ready. */
import { tempFolder } from "../support/temp_folder.ts";
import { openBenchSystem } from "./bench_system.ts";
import { openRawStore } from "./raw_store.ts";
import type { Row } from "./row.ts";

const WAITING = 200_000;

export async function starting(): Promise<Row[]> {
  await using folder = await tempFolder();
  const database = folder.file("queue.db");
  await fill(database);
  return [
    row("an empty database", await healthyAfterMs()),
    row(`${WAITING.toLocaleString("en")} jobs waiting`, await healthyAfterMs(database)),
  ];
}

function row(what: string, figure: number): Row {
  return { measure: `start to healthy, ${what}`, figure, unit: "ms", limit: null };
}

async function fill(database: string): Promise<void> {
  await using raw = await openRawStore();
  raw.insert(WAITING, 10_000);
  raw.close();
  Deno.copyFileSync(raw.path, database);
}

async function healthyAfterMs(database?: string): Promise<number> {
  await using system = await openBenchSystem(database === undefined ? {} : { database });
  return system.healthyAfterMs;
}
