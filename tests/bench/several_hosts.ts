/** Three hosts on one queue compared with one, each a separate process as a person would start it. */
import { getQueue, type Queue } from "@persistent-queue/queue";
import { runSystem } from "../support/processes/running_system.ts";
import type { Row } from "./row.ts";

const HOSTS = 3;
/** Jobs that wait for something else, as most do: how many of each sort, and how long each waits. */
const WAITING = [{ jobs: 1_500, workMs: 100 }, { jobs: 4_500, workMs: 20 }] as const;
/** No-op jobs, which only cost the machine that all hosts share here. */
const TINY = 30_000;
const BATCH = 1_000;
/** Enough time to add them all before they are due. */
const AHEAD_MS = 8_000;
/** Not more often, because counting costs the server something too. */
const LOOK_MS = 100;
const SETTINGS = {
  ...{ CONSUMERS: "10", WORK_MS: "0", HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000" },
  HANDLERS_DIR: new URL("./handlers", import.meta.url).pathname,
};

export async function severalHosts(url: (queue: string) => string): Promise<Row[]> {
  const rates = { one: await ratesOf(1, url("one_host")), three: await ratesOf(HOSTS, url("three_hosts")) };
  return [
    ...WAITING.map(({ workMs }, i): Row => ({
      measure: `${HOSTS} hosts: jobs that wait for ${workMs} ms, vs. one host`,
      ...{ figure: rates.three.waiting[i] ?? 0, limit: rates.one.waiting[i] ?? 0, unit: "/s" },
      goal: { ratio: workMs < 100 ? 1.2 : 2 },
    })),
    {
      measure: `${HOSTS} hosts on one machine: no-op jobs, vs. one host`,
      ...{ figure: rates.three.tiny, limit: rates.one.tiny, unit: "/s" },
    },
  ];
}

async function ratesOf(hosts: number, url: string): Promise<{ waiting: number[]; tiny: number }> {
  await using systems = new AsyncDisposableStack();
  for (let n = 0; n < hosts; n++) {
    const env = { ...SETTINGS, QUEUE_URL: url };
    await systems.use(await runSystem({ command: "supervise", env })).healthy(30_000);
  }
  const queue = await getQueue(url, { role: "guest", kinds: ["noop", "wait"] });
  systems.defer(() => queue.close());
  // The first jobs of a thread are slow.
  await rateOf(queue, "noop", { jobs: TINY / 3, workMs: 0 });
  const waiting: number[] = [];
  for (const jobs of WAITING) waiting.push(await rateOf(queue, "wait", jobs));
  return { waiting, tiny: await rateOf(queue, "noop", { jobs: TINY, workMs: 0 }) };
}

/** Jobs per second, from the moment when all become due. */
async function rateOf(
  queue: Queue,
  kind: string,
  { jobs, workMs }: { readonly jobs: number; readonly workMs: number },
): Promise<number> {
  const before = await completedIn(queue);
  const runAt = queue.now() + AHEAD_MS;
  for (let added = 0; added < jobs; added += BATCH) {
    await queue.add(
      Array.from({ length: Math.min(BATCH, jobs - added) }, () => ({ kind, payload: workMs, runAt })),
    );
  }
  const leftMs = runAt - queue.now();
  if (leftMs < 0) throw new Error("Adding the jobs took longer than there was time for.");
  await sleep(leftMs);
  const since = performance.now();
  while (await completedIn(queue) < before + jobs) await sleep(LOOK_MS);
  return jobs / (performance.now() - since) * 1000;
}

async function completedIn(queue: Queue): Promise<number> {
  return (await queue.stats()).counts.COMPLETED;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
