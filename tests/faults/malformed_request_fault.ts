/** Clients send both servers bytes that are not a request, or a request that is meant to be misread. */
import { openStore } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { exchange, statusesIn } from "../support/web/raw_client.ts";
import { type RunningSystem, runSystem, urlOf } from "../support/processes/running_system.ts";
import { type Credentials, type SpoiltRequest, spoiltRequest } from "./malformed_request/spoilt_request.ts";
import type { Fault } from "./fault.ts";

/** This many at once. */
const BATCH = 50;
/** The baseline is measured again after this many, until the process has reached its normal size. */
const SETTLING = 5_000;
const SETTLED = 25_000;
const MAX_GROWTH_BYTES = 50 * 1024 * 1024;
const QUICK_MS = 1_000;

/** What a response must not reveal: where the code is, and a stack trace. */
const LEAK = /\.tsx?:\d+|\n\s+at |file:\/\/|node_modules|\bpersistent-queue-\w/;

/** Except on a job's page, which shows where its handler failed. */
const PLACE_OF_FAILURE = /\bat (?:\w+ )?[(]?[\w/:.]*handlers\/\w+\.ts:\d+/g;

const GOOD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const TOKEN = "a-token-of-the-malformed";

/** Returned when too many clients watch or log in at once. */
const BUSY = 503;

export const malformedRequest: Fault = {
  letter: "U",
  title: "a malformed request",
  tries: { each: 10_000, long: 1_000_000 },
  async *attempts(random) {
    await using system = await runSystem({
      command: "supervise",
      env: { LOG_LEVEL: "error", API_TOKEN: TOKEN },
    });
    const ports = [system.manager, system.ops].map((url) => Number(new URL(url).port));
    const credentials = await logIn(system);
    const look = lookAfter(system, ports);
    for (;;) {
      const requests = Array.from({ length: BATCH }, () => spoiltRequest(random, credentials));
      const chosen = requests.map((request) => ({ request, port: random.pick(ports) }));
      const broken = await Promise.all(chosen.map(({ request, port }) => brokenBy(request, port)));
      const [first = [], ...rest] = broken;
      yield [...first, ...await look()];
      yield* rest;
    }
  },
};

async function logIn({ manager }: RunningSystem): Promise<Credentials> {
  const body = new URLSearchParams({ password: "admin123" });
  const response = await fetch(`${manager}/login`, { method: "POST", body, redirect: "manual" });
  await response.body?.cancel();
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (cookie === undefined) throw new Error(`The login answered ${response.status}`);
  return { cookie, token: TOKEN };
}

async function brokenBy(request: SpoiltRequest, port: number): Promise<string[]> {
  const { bytes, what, cutOff, answers: { least, most } } = request;
  const { text, isEnded } = await exchange(port, bytes, { cutOff });
  const statuses = statusesIn(text);
  const broken = [
    ...(isEnded ? [] : ["the connection was not ended"]),
    ...statuses.filter((status) => status >= 500 && status !== BUSY).map((status) => `answered ${status}`),
    ...(statuses.length < least ? [`${statuses.length} responses instead of ${least}`] : []),
    ...(statuses.length > most ? [`${statuses.length} responses instead of ${most}`] : []),
    ...(leakIn(text) ? [`told ${leakIn(text)}`] : []),
  ];
  const shown = JSON.stringify(new TextDecoder("latin1").decode(bytes.subarray(0, 300)));
  return broken.map((sentence) => `${sentence}, after ${what}: ${shown}`);
}

/** Checks after each batch whether the system is as healthy as before. */
function lookAfter(system: RunningSystem, ports: readonly number[]): () => Promise<string[]> {
  let batches = 0;
  let usualBytes = Infinity;
  return async () => {
    batches++;
    const broken = [...await answersOf(ports), ...faultsIn(system)];
    if (batches % 10 !== 0) return broken;
    broken.push(...await problemsIn(system));
    const bytes = await memoryOf(system);
    const growth = bytes - usualBytes;
    const tried = batches * BATCH;
    if (tried % SETTLING === 0 && tried <= SETTLED) usualBytes = bytes;
    return growth < MAX_GROWTH_BYTES ? broken : [...broken, `the memory grew by ${growth} bytes`];
  };
}

/** Good requests in between are served normally. */
async function answersOf(ports: readonly number[]): Promise<string[]> {
  const broken: string[] = [];
  for (const port of ports) {
    const { text, tookMs } = await exchange(port, GOOD);
    if (!text.startsWith("HTTP/1.1 200 ")) broken.push(`a good request was answered ${text.slice(0, 20)}`);
    if (tookMs > QUICK_MS) broken.push(`a good request took ${tookMs} ms`);
  }
  return broken;
}

function leakIn(text: string): string | undefined {
  const found = LEAK.exec(text.replaceAll(PLACE_OF_FAILURE, ""));
  return found === null ? undefined : text.slice(Math.max(0, found.index - 60), found.index + 60);
}

/** The log holds nothing but errors and audit lines. */
function faultsIn({ folder, lines }: RunningSystem): string[] {
  const logged = Deno.readTextFileSync(`${folder}/logs/jobqueue.log`).split("\n");
  return [...logged, ...lines.filter((line) => /error|panic/i.test(line))]
    .filter((line) => line !== "" && !line.includes("[INFO] Audit: ")).slice(0, 5).map((line) =>
      `it said: ${line}`
    );
}

/** Some of the requests were valid, and added or moved jobs. */
async function problemsIn(system: RunningSystem): Promise<string[]> {
  const store = await openStore(urlOf(system), "guest");
  const problems = await verify(store, { retryLimit: 3, deep: true });
  await store.close();
  return problems;
}

async function memoryOf({ ops }: RunningSystem): Promise<number> {
  const text = await (await fetch(`${ops}/metrics`)).text();
  return Number(/^pq_memory_bytes (\d+)$/m.exec(text)?.[1]);
}
