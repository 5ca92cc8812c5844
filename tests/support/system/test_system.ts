/** A whole supervisor with real threads, in a folder of its own, with short intervals. */
import { getQueue, type Job, type Queue, type QueueEvent } from "@persistent-queue/queue";
import {
  HostedThreads,
  listKinds,
  openLog,
  readSettings,
  type Settings,
  Supervisor,
} from "@persistent-queue/workers";
import { tempFolder } from "../temp_folder.ts";
import { urlFor } from "../backend.ts";

const HANDLERS = new URL("../handlers/", import.meta.url);

export interface TestSystem extends AsyncDisposable {
  readonly queue: Queue;
  readonly supervisor: Supervisor;
  readonly settings: Settings;
  /** Why the supervisor ended, if it has. */
  readonly fatal: { exitCode: number; why: string }[];
  readonly events: QueueEvent[];
  /** Resolves with the job once it matches; rejects after ten seconds. */
  until(id: string, wanted: (job: Job) => boolean): Promise<Job>;
  /** All log lines of the files whose names begin with this. */
  logLines(name: string): string[];
  /** Stops the system and opens it again on the same folder. */
  stop(): Promise<void>;
}

export async function testSystem(
  env: Record<string, string> = {},
  { threads = new HostedThreads() }: { readonly threads?: HostedThreads } = {},
): Promise<TestSystem> {
  const folder = await tempFolder();
  const settings = readSettings({
    env: {
      ...{
        QUEUE_URL: urlFor(`${folder.path}/data/queue.db`),
        FILES_DIR: `${folder.path}/files`,
        LOG_DIR: `${folder.path}/logs`,
      },
      ...{ PRODUCER_INTERVAL_MS: "0", CONSUMERS: "2", WORK_MS: "0", RETRY_DELAYS_MS: "20,40,80" },
      ...{ HEARTBEAT_MS: "50", SWEEP_MS: "200", STALL_MS: "600" },
      ...env,
    },
    dotenv: null,
  });
  Deno.mkdirSync(settings.filesDir, { recursive: true });
  const { retryDelaysMs, crashLimit, stallMs } = settings;
  const kinds = listKinds(HANDLERS);
  const queue = await getQueue(settings.queueUrl, {
    role: "owner",
    retryDelaysMs,
    crashLimit,
    stallMs,
    kinds,
  });
  const log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
  const fatal: { exitCode: number; why: string }[] = [];
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  const onFatal = (exitCode: number, why: string) => void fatal.push({ exitCode, why });
  const supervisor = new Supervisor({ queue, settings, log, handlers: HANDLERS, threads, onFatal });
  await supervisor.start();
  const stop = async () => {
    await supervisor.stop();
    await queue.close();
    log.close();
  };
  return {
    ...{ queue, supervisor, settings, fatal, events, stop },
    until: (id, wanted) => untilJob(queue, id, wanted),
    logLines: (name) => readLogs(settings.logDir, name),
    [Symbol.asyncDispose]: async () => {
      await stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const PATIENCE_MS = 10_000;

/** Checks after each event of the queue, so it sees every status. */
function untilJob(queue: Queue, id: string, wanted: (job: Job) => boolean): Promise<Job> {
  const { promise, resolve, reject } = Promise.withResolvers<Job>();
  let last: Job | null = null;
  const look = async () => {
    const { job } = await queue.get(id);
    last = job;
    if (wanted(job)) resolve(job);
  };
  const timer = setTimeout(
    () => reject(new Error(`Job "${id}" is not as wanted: ${JSON.stringify(last)}`)),
    PATIENCE_MS,
  );
  const unsubscribe = queue.subscribe(() => void look().catch(reject));
  look().catch(reject);
  return promise.finally(() => {
    clearTimeout(timer);
    unsubscribe();
  });
}

function readLogs(dir: string, name: string): string[] {
  const files = [...Deno.readDirSync(dir)].filter((entry) => entry.name.startsWith(name)).map((entry) =>
    entry.name
  );
  return files.flatMap((file) => Deno.readTextFileSync(`${dir}/${file}`).split("\n")).filter((line) =>
    line !== ""
  );
}
