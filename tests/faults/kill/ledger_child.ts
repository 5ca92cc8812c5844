/**
 * A process to be killed: the whole system with real threads, which adds jobs as fast as it can as soon as the queue is
 * open. It prints a line for each acknowledgement.
 * `ledger_child.ts <folder> <life> <consumers> [<last words>]`; life `drain` adds nothing and ends when all is done.
 * After `<last words>` lines it kills itself, so that a premature acknowledgement is sure to be lost.
 */
import { getQueue, type JobRequest, type Queue } from "@persistent-queue/queue";
import { listKinds, openLog, prepareFolders, readSettings, Supervisor } from "@persistent-queue/workers";
import { tellingCompletions } from "../../support/system/ledger.ts";
import { urlFor } from "../../support/backend.ts";

const HANDLERS = new URL("../../support/handlers/", import.meta.url);
const [folder = "", life = "", consumers = "1", lastWords = "0"] = Deno.args;
const encoder = new TextEncoder();
let sentences = 0;

/** Written before anything else happens, or not at all. */
function say(lines: readonly string[]): void {
  let bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  if (++sentences === Number(lastWords)) Deno.kill(Deno.pid, "SIGKILL");
}

/** Most of them return; some throw once or always, or give up. */
function requestOf(id: string, n: number): JobRequest {
  if (n % 20 === 1) return { id, kind: "fail", payload: 1 };
  if (n % 20 === 2) return { id, kind: "fail", payload: 9 };
  if (n % 20 === 3) return { id, kind: "give_up" };
  return { id, kind: "noop", priority: n % 3 };
}

async function addForever(queue: Queue, name: string): Promise<never> {
  for (let n = 0;; n++) {
    const ids = Array.from({ length: 1 + n % 5 }, (_, i) => `${life}-${name}-${n}-${i}`);
    await queue.add(ids.map((id, i) => requestOf(id, n * 5 + i)));
    say(ids.map((id) => `added ${id}`));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Resolves when no job waits and none is in flight. */
async function drained(queue: Queue): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async () => {
    const { counts } = await queue.stats();
    if (counts.PENDING + counts.PROCESSING === 0) resolve();
  };
  const unsubscribe = queue.subscribe(() => void look().catch(reject));
  await look();
  await promise;
  unsubscribe();
}

const settings = readSettings({
  env: {
    ...{ QUEUE_URL: urlFor(`${folder}/queue.db`), FILES_DIR: `${folder}/files`, LOG_DIR: `${folder}/logs` },
    ...{ PRODUCER_INTERVAL_MS: "0", CONSUMERS: consumers, RETRY_DELAYS_MS: "1,1,2", LOG_LEVEL: "error" },
  },
  dotenv: null,
});
prepareFolders(settings);
const { retryDelaysMs } = settings;
const queue = await getQueue(settings.queueUrl, { role: "owner", retryDelaysMs, kinds: listKinds(HANDLERS) });
say(["open"]);
const log = openLog({ dir: settings.logDir, level: settings.logLevel, name: "jobqueue" });
const supervisor = new Supervisor({
  queue: tellingCompletions(queue, (ids) => say(ids.map((id) => `completed ${id}`))),
  ...{ settings, log, handlers: HANDLERS },
  onFatal: (exitCode) => Deno.exit(exitCode),
});
const adding = life === "drain" ? [] : [addForever(queue, "x"), addForever(queue, "y")];
await supervisor.start();
await (life === "drain" ? drained(queue) : Promise.all(adding));
await supervisor.stop();
await queue.close();
log.close();
