/**
 * The whole system with the tests' handlers, in a process under a guard: for jobs that take their process down.
 * Arguments: its folder, and settings such as `STALL_MS=5000`. Prints `ready <process id>` once it works; it is driven
 * through its database.
 */
import { getQueue } from "@persistent-queue/queue";
import {
  listKinds,
  openLog,
  prepareFolders,
  readSettings,
  Supervisor,
  whenAskedToStop,
  whenGuardIsGone,
} from "@persistent-queue/workers";
import { urlFor } from "../backend.ts";

const HANDLERS = new URL("../handlers/", import.meta.url);
const [folder = "", ...words] = Deno.args;

const settings = readSettings({
  env: {
    ...{ QUEUE_URL: urlFor(`${folder}/queue.db`), FILES_DIR: `${folder}/files`, LOG_DIR: `${folder}/logs` },
    ...{ PRODUCER_INTERVAL_MS: "0", CONSUMERS: "3", RETRY_DELAYS_MS: "20,40,80", LOG_LEVEL: "warn" },
    ...{ HEARTBEAT_MS: "50", SWEEP_MS: "200", STALL_MS: "600" },
    ...Object.fromEntries(words.flatMap((word) => word.includes("=") ? [word.split("=", 2)] : [])),
  },
  dotenv: null,
});
prepareFolders(settings);
const { retryDelaysMs, crashLimit, stallMs } = settings;
const kinds = listKinds(HANDLERS);
const queue = await getQueue(settings.queueUrl, { role: "owner", retryDelaysMs, crashLimit, stallMs, kinds });
const log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
const { promise: ended, resolve: end } = Promise.withResolvers<number>();
const supervisor = new Supervisor({ queue, settings, log, handlers: HANDLERS, onFatal: end });
whenAskedToStop({ onFirst: () => end(0), onSecond: () => {} });
whenGuardIsGone().then(() => end(0));
await supervisor.start();
console.log(`ready ${Deno.pid}`);

const exitCode = await ended;
await supervisor.stop();
await queue.close();
log.close();
Deno.exit(exitCode);
