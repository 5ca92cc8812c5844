/** Three hosts on one queue beside one, each a process of its own as a person starts it. */
import { getQueue, type Queue } from "@persistent-queue/queue";
import { runSystem } from "../support/processes/running_system.ts";
import type { Row } from "./row.ts";

const HOSTS = 3;
/** Of the sort that waits for others, as most jobs do. */
const WORK_MS = 20;
const WAITING = 6_000;
/** Of the sort that only costs the system itself, which all hosts share here. */
const TINY = 30_000;
const BATCH = 1_000;
/** Time enough to add them all before they are due. */
const AHEAD_MS = 8_000;
const SETTINGS = {
  ...{ CONSUMERS: "10", WORK_MS: "0", HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000" },
  HANDLERS_DIR: new URL("./handlers", import.meta.url).pathname,
};

export async function severalHosts(url: (queue: string) => string): Promise<Row[]> {
  const rates = { one: await ratesOf(1, url("one_host")), three: await ratesOf(HOSTS, url("three_hosts")) };
  return [
    {
      measure: `${HOSTS} hosts: jobs that wait for ${WORK_MS} ms, beside one host`,
      ...{ figure: rates.three.waiting, limit: rates.one.waiting, unit: "/s", goal: { ratio: 2 } },
    },
    {
      measure: `${HOSTS} hosts on one machine: no-op jobs, beside one host`,
      ...{ figure: rates.three.tiny, limit: rates.one.tiny, unit: "/s" },
    },
  ];
}

async function ratesOf(hosts: number, url: string): Promise<{ waiting: number; tiny: number }> {
  await using systems = new AsyncDisposableStack();
  for (let n = 0; n < hosts; n++) {
    const env = { ...SETTINGS, QUEUE_URL: url };
    await systems.use(await runSystem({ command: "supervise", env })).healthy(30_000);
  }
  const queue = await getQueue(url, { role: "guest", kinds: ["noop", "wait"] });
  systems.defer(() => queue.close());
  // Threads that have never run a job are slow at their first ones.
  await rateOf(queue, "noop", TINY / 3);
  return { waiting: await rateOf(queue, "wait", WAITING), tiny: await rateOf(queue, "noop", TINY) };
}

/** Jobs per second, from the moment when all become due. */
async function rateOf(queue: Queue, kind: string, jobs: number): Promise<number> {
  const before = await completedIn(queue);
  const runAt = queue.now() + AHEAD_MS;
  for (let added = 0; added < jobs; added += BATCH) {
    await queue.add(Array.from({ length: BATCH }, () => ({ kind, payload: WORK_MS, runAt })));
  }
  const leftMs = runAt - queue.now();
  if (leftMs < 0) throw new Error("Adding the jobs took longer than there was time for.");
  await sleep(leftMs);
  const since = performance.now();
  while (await completedIn(queue) < before + jobs) await sleep(20);
  return jobs / (performance.now() - since) * 1000;
}

async function completedIn(queue: Queue): Promise<number> {
  return (await queue.stats()).counts.COMPLETED;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
