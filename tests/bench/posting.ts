/** Jobs that arrive over HTTP: a real port of this machine, with the real guards in front. Not due yet either. */
import { managerApp, serve } from "@persistent-queue/ui";
import { openBenchSystem } from "./bench_system.ts";
import { openRawStore } from "./raw_store.ts";
import type { Row } from "./row.ts";

const TOKEN = "a-token-for-benchmarks-only";
const BATCH = 100;
const WARM_UP = 2_000;
const JOBS = 20_000;
const HOUR_MS = 3_600_000;

export async function posting(): Promise<Row[]> {
  await using system = await openBenchSystem();
  await using raw = await openRawStore();
  const app = managerApp({
    ...{ queue: system.queue, system: system.supervisor, apiToken: TOKEN, password: "not the default" },
    ...{ passwordIsDefault: false, host: "127.0.0.1", port: 0, version: "bench" },
  });
  const served = serve({ app, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  try {
    await post(served.url, WARM_UP);
    raw.insert(WARM_UP, BATCH);
    const figure = await post(served.url, JOBS);
    const limit = raw.insert(JOBS, BATCH);
    return [{ measure: `POST /api/jobs in batches of ${BATCH}`, figure, unit: "/s", limit }];
  } finally {
    await served.close();
  }
}

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
