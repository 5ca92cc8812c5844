/** How soon idle hosts begin a job, from the request of its client to the first line of the handler. */
import assert from "node:assert/strict";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import type { RunningSystem } from "../support/processes/running_system.ts";
import { severalHosts } from "../support/processes/several_hosts.ts";
import { onEachServer } from "../support/servers/on_all_servers.ts";

const CLOCKED = `export const handler = () => performance.timeOrigin + performance.now();`;
/** Of a real host: nothing but the notice of the server tells of a job this soon. */
const TIMINGS = { HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000", CONSUMERS: "1" };
/** The first ones load the handler in each thread. */
const WARM_UP = 8;
const TIMES = 15;
const PROMISE_MS = 50;
const BETWEEN_MS = 20;

onEachServer(
  "a job that idle hosts wait for begins within 50 ms, also where only others know its kind",
  async (server, name) => {
    await using handlers = await handlerFolder({ clocked: CLOCKED });
    const env = { ...TIMINGS, QUEUE_URL: server.url() };
    const knowing = { ...env, HANDLERS_DIR: handlers.path };
    await using hosts = await severalHosts({ one: knowing, other: knowing, unknowing: env });
    const { one, unknowing } = hosts.each;
    for (const [way, host] of [["by the one that was asked", one], ["by another", unknowing]] as const) {
      await pickups(host, `${way}, cold`, WARM_UP);
      const took = (await pickups(host, way, TIMES)).sort((a, b) => a - b);
      const median = took[Math.floor(TIMES / 2)] ?? Infinity;
      console.log(
        `${name}: begun ${way} after ${median.toFixed(1)} ms (${took[0]?.toFixed(1)} to ${
          took.at(-1)?.toFixed(1)
        })`,
      );
      assert.ok(median < PROMISE_MS, `begun ${way} after ${took.map(Math.round)} ms`);
    }
  },
);

async function pickups(host: RunningSystem, name: string, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const id = `${name} ${n}`;
    const since = performance.timeOrigin + performance.now();
    const response = await host.api("jobs", { id, kind: "clocked" });
    await response.body?.cancel();
    const { result } = await host.until(id, "COMPLETED");
    took.push(Number(result) - since);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  return took;
}
