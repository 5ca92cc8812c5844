/** Both pages on real ports of this machine, in front of a system of the benchmarks. */
import { type App, managerApp, opsApp, serve } from "@persistent-queue/ui";
import type { BenchSystem } from "./bench_system.ts";
import type { Readers } from "./page_client.ts";
import { timedApp } from "./timed_app.ts";

const PASSWORD = "a password for benchmarks only";

export interface ServedPages extends AsyncDisposable {
  readonly manager: string;
  readonly ops: string;
  /** The cookies of a session on each page. */
  readonly cookie: string;
  /** How long each response took the servers, in milliseconds, by the page's address without its port. */
  readonly serverMs: Readonly<Record<"manager" | "ops", Map<string, number[]>>>;
}

export async function servePages({ queue, supervisor: system, log }: BenchSystem): Promise<ServedPages> {
  const shared = {
    ...{ queue, system, password: PASSWORD, passwordIsDefault: false, apiToken: null },
    ...{ host: "127.0.0.1", port: 0, version: "bench", onAudit: log.audit },
  };
  const serverMs = { manager: new Map<string, number[]>(), ops: new Map<string, number[]>() };
  const here = { hostname: "127.0.0.1", port: 0, onRequest: () => queue.beginRequest() };
  const serveHere = (app: App, setting: string) => serve({ ...here, app, setting });
  const manager = serveHere(timedApp(managerApp(shared), serverMs.manager), "MANAGER_PORT");
  const ops = serveHere(timedApp(opsApp(shared), serverMs.ops), "OPS_PORT");
  await Promise.all([manager.ready, ops.ready]);
  const cookies = await Promise.all([logIn(manager.url), logIn(ops.url)]);
  return {
    ...{ serverMs, manager: manager.url, ops: ops.url, cookie: cookies.join("; ") },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([manager.close(), ops.close()]);
    },
  };
}

async function logIn(page: string): Promise<string> {
  const body = new URLSearchParams({ password: PASSWORD });
  const response = await fetch(`${page}/login`, { method: "POST", body, redirect: "manual" });
  await response.body?.cancel();
  const cookie = response.headers.get("Set-Cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`The login failed: ${response.status}`);
  return cookie;
}

/** Reads the pages while `work` runs. Returns its result, and how long each page took, in milliseconds. */
export async function whileRead<T>(readers: Readers, work: () => Promise<T>) {
  const client = new Worker(new URL("./page_client.ts", import.meta.url), { type: "module" });
  const { promise: took, resolve, reject } = Promise.withResolvers<Record<string, number[]>>();
  client.onmessage = ({ data }) => resolve(data);
  client.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`The reader of the pages failed: ${event.message}`));
  };
  client.postMessage(readers);
  try {
    const result = await Promise.race([
      work(),
      took.then(() => Promise.reject(new Error("The reader stopped."))),
    ]);
    client.postMessage("stop");
    return { result, took: await took };
  } finally {
    client.terminate();
  }
}
