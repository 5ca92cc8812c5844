/** Jobs that arrive over HTTP, at a real port, with the real guards in front. They are not due yet either. */
import { managerApp, serve } from "@persistent-queue/ui";
import { openBenchSystem } from "./bench_system.ts";
import { middleOf } from "./middle_of.ts";
import type { BenchOptions, Row } from "./row.ts";
import { openYardstick } from "./yardstick.ts";

const TOKEN = "a-token-for-benchmarks-only";
const BATCH = 100;
const WARM_UP = 5_000;
const JOBS = 20_000;
const HOUR_MS = 3_600_000;

export async function posting({ rounds }: BenchOptions): Promise<Row[]> {
  await using system = await openBenchSystem();
  await using yardstick = await openYardstick();
  const app = managerApp({
    ...{ queue: system.queue, system: system.supervisor, apiToken: TOKEN, password: "not the default" },
    ...{ passwordIsDefault: false, host: "127.0.0.1", port: 0, version: "bench", onAudit: system.log.audit },
  });
  const served = serve({ app, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  try {
    await post(served.url, WARM_UP);
    yardstick.insert(WARM_UP, BATCH);
    const compared = await middleOf(rounds, async () => ({
      figure: await post(served.url, JOBS),
      limit: yardstick.insert(JOBS, BATCH),
    }));
    const measure =
      `POST /api/jobs in batches of ${BATCH}, vs. the yardstick's inserts of ${BATCH} per transaction`;
    return [{ measure, ...compared, unit: "/s", goal: { ratio: 0.6 } }];
  } finally {
    await served.close();
  }
}

/** One client, which waits for each response, on the same thread. Returns jobs per second. */
async function post(url: string, jobs: number): Promise<number> {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const body = JSON.stringify(
    Array.from({ length: BATCH }, () => ({ kind: "noop", run_at: Date.now() + HOUR_MS })),
  );
  const since = performance.now();
  for (let i = 0; i < jobs; i += BATCH) {
    const response = await fetch(`${url}/api/jobs`, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`The API responded with ${response.status}: ${text}`);
  }
  return jobs / (performance.now() - since) * 1000;
}
