/** The real system: supervisor, ten threads, SQLite at full durability, logs at the default level. */
import { getQueue, type Queue, type QueueEvent } from "@persistent-queue/queue";
import {
  listKinds,
  type Log,
  openLog,
  readSettings,
  type Settings,
  Supervisor,
} from "@persistent-queue/workers";
import { eventually } from "../support/eventually.ts";
import { tempFolder } from "../support/temp_folder.ts";

export interface BenchSystem extends AsyncDisposable {
  readonly queue: Queue;
  readonly supervisor: Supervisor;
  readonly settings: Settings;
  readonly log: Log;
  /** Jobs completed so far. */
  readonly completed: () => number;
  /** Resolves as soon as `count` jobs are completed in total; rejects after a minute by default. */
  untilCompleted(count: number, withinMs?: number): Promise<void>;
  /** The time from opening the queue to the first consumer that is ready, in milliseconds. */
  readonly healthyAfterMs: number;
}

const HANDLERS = new URL("./handlers/", import.meta.url);
const PATIENCE_MS = 60_000;

export interface BenchSystemOptions {
  /** The path of an existing database; by default a new one is created. */
  readonly database?: string;
  /** The URL of a queue elsewhere. */
  readonly url?: string;
}

/** Resolves when all consumers are ready. */
export async function openBenchSystem({ database, url }: BenchSystemOptions = {}): Promise<BenchSystem> {
  const folder = await tempFolder();
  const settings = settingsIn(folder.path, url ?? `sqlite:${database ?? folder.file("queue.db")}`);
  Deno.mkdirSync(settings.filesDir);
  const log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
  const since = performance.now();
  const queue = await getQueue(settings.queueUrl, { role: "owner", kinds: listKinds(HANDLERS) });
  const counter = countCompleted(queue);
  const onFatal = (exitCode: number, why: string) => {
    throw new Error(`The system gave up (${exitCode}): ${why}`);
  };
  const supervisor = new Supervisor({ queue, settings, log, handlers: HANDLERS, onFatal });
  await supervisor.start();
  await eventually("a consumer is ready", () => supervisor.view().trouble === null, {
    withinMs: PATIENCE_MS,
  });
  const healthyAfterMs = performance.now() - since;
  const areReady = () => supervisor.view().consumers.every(({ state }) => state !== "starting");
  await eventually("all consumers are ready", areReady, { withinMs: PATIENCE_MS });
  return {
    ...{ queue, supervisor, settings, log, healthyAfterMs, ...counter },
    [Symbol.asyncDispose]: async () => {
      await supervisor.stop();
      await queue.close();
      log.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function settingsIn(folder: string, queueUrl: string): Settings {
  const env = {
    ...{ QUEUE_URL: queueUrl, FILES_DIR: `${folder}/files`, LOG_DIR: `${folder}/logs` },
    ...{ PRODUCER_INTERVAL_MS: "0", WORK_MS: "0" },
  };
  return readSettings({ env, dotenv: null });
}

function countCompleted(queue: Queue) {
  let completed = 0;
  queue.subscribe((event: QueueEvent) => {
    if (event.type === "completed") completed += event.count;
  });
  const untilCompleted = (count: number, withinMs = PATIENCE_MS) => {
    if (completed >= count) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const late = () => reject(new Error(`Only ${completed} of ${count} jobs were completed in time`));
    const timer = setTimeout(late, withinMs);
    const unsubscribe = queue.subscribe(() => completed >= count && resolve());
    return promise.finally(() => {
      clearTimeout(timer);
      unsubscribe();
    });
  };
  return { completed: () => completed, untilCompleted };
}
