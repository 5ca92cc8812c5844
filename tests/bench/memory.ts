/** What a process of its own holds in memory: at rest, and after very many jobs. */
import { setTimeout as delay } from "node:timers/promises";
import { runSystem } from "../support/running_system.ts";
import type { Row } from "./row.ts";

const SETTLED_MS = 3_000;
const DEFAULTS = {
  ...{ CONSUMERS: "10", HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000" },
};

export async function memory(): Promise<Row[]> {
  await using system = await runSystem({ command: "supervise", env: DEFAULTS });
  await delay(SETTLED_MS);
  const text = await (await fetch(`${system.ops}/metrics`)).text();
  const figure = Number(/^pq_memory_bytes (\S+)/m.exec(text)?.[1]) / 1e6;
  return [{ measure: "memory, idle, 10 consumers", figure, unit: "MB", limit: null, goal: { atMost: 200 } }];
}
