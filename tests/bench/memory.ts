/** The memory of a separate process: idle, and after very many jobs. */
import { setTimeout as delay } from "node:timers/promises";
import { V8_FLAGS } from "../../workers/process/permissions.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import type { BenchOptions, Row } from "./row.ts";

const SYSTEM = new URL("draining_system.ts", import.meta.url).pathname;
/** By then each thread has collected the garbage of its start. */
const SETTLED_MS = 10_000;
const DEFAULTS = {
  ...{ CONSUMERS: "10", HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000" },
};

export async function memory(options: BenchOptions): Promise<Row[]> {
  return [
    { measure: "memory, idle, 10 consumers", ...inMb(await idle()), limit: null, goal: { atMost: 200 } },
    ...await whileDraining(options),
  ];
}

/** The limit is what it used when half of them were done: memory does not grow. */
async function whileDraining({ backlog, large }: BenchOptions): Promise<Row[]> {
  await using folder = await tempFolder();
  const database = folder.file("queue.db");
  await large.copyTo(database);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", V8_FLAGS, "-A", "--no-check", SYSTEM, database, String(backlog)],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const [half = NaN, all = NaN] = new TextDecoder().decode(stdout).trim().split("\n").map(Number);
  const measure = `memory, after ${backlog.toLocaleString("en")} jobs, vs. after half of them`;
  return [{ measure, ...inMb(all), limit: half, goal: { atMost: 300 } }];
}

function inMb(figure: number) {
  return { figure, unit: "MB" } as const;
}

async function idle(): Promise<number> {
  await using system = await runSystem({ command: "supervise", env: DEFAULTS });
  await delay(SETTLED_MS);
  const text = await (await fetch(`${system.ops}/metrics`)).text();
  return Number(/^pq_memory_bytes (\S+)/m.exec(text)?.[1]) / 1e6;
}
