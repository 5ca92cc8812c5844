/**
 * A whole supervisor with its pages, whose wall clock can be set while they run. Threads, timers and the monotonic clock
 * are not affected: those cannot be set.
 */
import { getQueue, type Queue } from "@persistent-queue/queue";
import { type App, managerApp, opsApp } from "@persistent-queue/ui";
import { listKinds, openLog, readSettings, Supervisor } from "@persistent-queue/workers";
import { tempFolder } from "../../support/temp_folder.ts";
import { urlFor } from "../../support/backend.ts";

const HANDLERS = new URL("../../support/handlers/", import.meta.url);
const PASSWORD = "set your watch";

export interface ClockSystem extends AsyncDisposable {
  readonly queue: Queue;
  readonly url: string;
  /** Milliseconds since 1970, by the wall clock. */
  readonly wall: () => number;
  setClock(byMs: number): void;
  /** When each attempt at a job failed, by the monotonic clock. */
  readonly failures: ReadonlyMap<string, readonly number[]>;
  /** Jobs that must not be claimed before their time, unless it had already come when the clock was set. */
  readonly due: Map<string, number>;
  /** Errors since this list was last emptied. */
  readonly sentences: string[];
  readonly sweeps: () => number;
  /** Requests `manager/…` or `ops/…` with a session; logs in again if the session has ended. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

export async function clockSystem(env: Record<string, string>): Promise<ClockSystem> {
  const folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  const places = { QUEUE_URL: url, FILES_DIR: folder.file("files"), LOG_DIR: folder.file("logs") };
  const settings = readSettings({ env: { ...places, PRODUCER_INTERVAL_MS: "0", ...env }, dotenv: null });
  let setMs = 0;
  const wall = () => Date.now() + setMs;
  const { retryDelaysMs, stallMs } = settings;
  const kinds = listKinds(HANDLERS);
  // Finished jobs stay: how old they are depends on the clock.
  const options = { now: wall, retryDelaysMs, stallMs, kinds, retentionMs: 0 };
  const queue = await getQueue(url, { role: "owner", ...options });
  const seen = lookOn(queue, wall);
  const log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
  const onFatal = (_: number, why: string) => void seen.sentences.push(why);
  const supervisor = new Supervisor({ queue, settings, log, handlers: HANDLERS, now: wall, onFatal });
  await supervisor.start();
  const pages = openPages(queue, supervisor, wall);
  return {
    ...{ queue, url, wall, ...seen, ask: pages.ask },
    setClock: (byMs) => {
      // What is due now stays due.
      for (const [id, runAt] of seen.due) if (runAt <= wall()) seen.due.delete(id);
      setMs += byMs;
    },
    [Symbol.asyncDispose]: async () => {
      pages.close();
      await supervisor.stop();
      await queue.close();
      log.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

type Seen = Pick<ClockSystem, "failures" | "due" | "sentences" | "sweeps">;

/** Watches the claims of the dispatcher and the sweeps. */
function lookOn(queue: Queue, wall: () => number): Seen {
  const failures = new Map<string, number[]>();
  const due = new Map<string, number>();
  const sentences: string[] = [];
  let sweeps = 0;
  const [claim, settle] = [queue.claim.bind(queue), queue.settle.bind(queue)];
  queue.settle = (attempts) => {
    for (const { job: { id }, outcome } of attempts) {
      if (outcome.type === "threw") failures.set(id, [...failures.get(id) ?? [], performance.now()]);
    }
    return settle(attempts);
  };
  queue.claim = async (requests) => {
    const at = wall();
    const response = await claim(requests);
    // It was written at some moment in between, and the clock may have been set in the meantime.
    const latest = Math.max(at, wall());
    for (const { id } of response.claimed) {
      const leftMs = (due.get(id) ?? 0) - latest;
      if (leftMs > 0) sentences.push(`${id} was claimed ${leftMs} ms before its time`);
    }
    return response;
  };
  queue.subscribe((event) => {
    if (event.type !== "swept") return;
    sweeps += 1;
    for (const { id } of event.requeued) sentences.push(`${id} was taken for stalled`);
    if (event.freed > 0) sentences.push(`${event.freed} jobs of a consumer that fell silent`);
  });
  return { failures, due, sentences, sweeps: () => sweeps };
}

function openPages(
  queue: Queue,
  system: Supervisor,
  now: () => number,
): Pick<ClockSystem, "ask"> & Pick<App, "close"> {
  const shared = { queue, system, now, version: "1.0.0", host: "127.0.0.1", apiToken: null };
  const options = { ...shared, password: PASSWORD, passwordIsDefault: false, port: 8501, otherPort: 8502 };
  const apps: Record<string, App> = { manager: managerApp(options), ops: opsApp(options) };
  const peer = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 50_000 } } as const;
  const request = (path: string, init: RequestInit) => {
    const [app = "", ...rest] = path.split("/");
    return apps[app]?.fetch(new Request(`http://127.0.0.1:8501/${rest.join("/")}`, init), peer);
  };
  const cookies = new Map<string, string>();
  const logIn = async (app: string) => {
    const response = await request(`${app}/login`, {
      method: "POST",
      body: new URLSearchParams({ password: PASSWORD }),
    });
    cookies.set(app, response?.headers.get("set-cookie")?.split(";")[0] ?? "");
  };
  const look = async (path: string, app: string) => {
    const response = await request(path, { headers: { cookie: cookies.get(app) ?? "" } });
    return { status: response?.status ?? 0, text: await response?.text() ?? "" };
  };
  return {
    ask: async (path) => {
      const [app = ""] = path.split("/");
      const found = await look(path, app);
      if (found.status !== 303 && found.status !== 401) return found;
      await logIn(app);
      return await look(path, app);
    },
    close: () => Object.values(apps).forEach((app) => app.close()),
  };
}
