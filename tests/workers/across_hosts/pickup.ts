/** How soon an idle host begins a job, from the client's request to the first line of the handler. */
import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import type { RunningSystem } from "../../support/processes/running_system.ts";
import type { Stage } from "./stage.ts";

export const CLOCKED = `export const handler = () => performance.timeOrigin + performance.now();`;
/** The first jobs load the handler in each thread. */
const WARM_UP = 4;
const TIMES = 15;
const PROMISE_MS = 50;
/** The hosts are idle by then: all notifications about the previous job have arrived. */
const BETWEEN_MS = 60;

/** By the host that was asked, and by others if that host does not know the kind. */
export async function jobsBeginAtOnce({ name, asked, other }: Stage): Promise<void> {
  await eventually("jobs of that kind are taken everywhere", async () => {
    const taken = await Promise.all([asked, other].map((host, n) => add(host, `first ${n}`)));
    return taken.every((status) => status !== 400);
  });
  for (const [way, host] of [["by the one that was asked", other], ["by another", asked]] as const) {
    await pickups(host, `${way}, cold`, WARM_UP);
    const took = (await pickups(host, way, TIMES)).sort((a, b) => a - b);
    const median = took[Math.floor(TIMES / 2)] ?? Infinity;
    const range = `${took[0]?.toFixed(1)} to ${took.at(-1)?.toFixed(1)}`;
    console.log(`${name}: begun ${way} after ${median.toFixed(1)} ms (${range})`);
    assert.ok(median < PROMISE_MS, `begun ${way} after ${took.map(Math.round)} ms`);
  }
}

async function pickups(host: RunningSystem, name: string, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const id = `${name} ${n}`;
    const since = performance.timeOrigin + performance.now();
    assert.equal(await add(host, id), 201);
    const { result } = await host.until(id, "COMPLETED");
    took.push(Number(result) - since);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  return took;
}

/** Returns the status of the response. */
async function add(host: RunningSystem, id: string): Promise<number> {
  const response = await host.api("jobs", { id, kind: "clocked" });
  await response.body?.cancel();
  return response.status;
}
