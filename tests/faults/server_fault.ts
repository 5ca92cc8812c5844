/**
 * Fault W: the server of the queue is killed, cut off, or swallows what is sent to it for longer than a stall. The pages
 * stay up and say so, nothing that was acknowledged is lost, no job is charged for it, and the work goes on by itself.
 */
import { type Queue, QueueError, StorageError } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Random } from "../support/random.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { type Relay, relayTo } from "../support/servers/relay.ts";
import { testSystem } from "../support/system/test_system.ts";
import type { Fault } from "./fault.ts";

/** Longer than a stall, and than the system waits for an answer. */
const SWALLOWED_MS = 4_000;
const MOST_DOWN_MS = 800;
const JOBS = 60;
/** A claim whose answer was lost is found by the sweep. */
const DONE_WITHIN_MS = 20_000;

/** What the tests' servers have in common. */
interface Server extends AsyncDisposable {
  readonly port: number;
  /** Of a queue with this name. */
  url(name: string): string;
  crash(whileDown: () => Promise<void>): Promise<void>;
}

const SERVERS = {
  PostgreSQL: { whyNot: whyNoPostgres, start: postgresServer },
  Redis: { whyNot: whyNoRedis, start: redisServer },
} as const;

interface Place {
  readonly server: Server;
  readonly relay: Relay;
  readonly random: Random;
}

const MISFORTUNES: Record<string, (place: Place) => Promise<void>> = {
  killed: ({ server, random }) => server.crash(() => sleep(random.below(MOST_DOWN_MS))),
  "cut off": async ({ relay, random }) => {
    relay.cut();
    await sleep(random.below(MOST_DOWN_MS));
    relay.mend();
  },
  "cut off for a moment": ({ relay }) => {
    relay.cut();
    relay.mend();
    return Promise.resolve();
  },
  silent: async ({ relay }) => {
    relay.swallow();
    await sleep(SWALLOWED_MS);
    relay.mend();
  },
};

export const server: Fault = {
  letter: "W",
  title: "the server of the queue is killed, cut off, or silent for longer than a stall",
  tries: { each: 12, long: 500 },
  async *attempts(random) {
    const servers = await startServers();
    const ways = Object.keys(MISFORTUNES);
    try {
      for (let n = 0;; n++) {
        const [name, server] = servers[n % servers.length] ?? ["no server", null];
        const way = ways[Math.floor(n / Math.max(1, servers.length)) % ways.length] ?? "killed";
        const suffer = (expect: Expect) =>
          server === null ? Promise.resolve() : trial({ server, random, way, n }, expect);
        yield (await violationsOf(suffer)).map((violation) => `${name} ${way}: ${violation}`);
      }
    } finally {
      for (const [, server] of servers) await server[Symbol.asyncDispose]();
    }
  },
};

async function startServers(): Promise<[string, Server][]> {
  const started: [string, Server][] = [];
  for (const [name, { whyNot, start }] of Object.entries(SERVERS)) {
    const missing = whyNot();
    if (missing === null) started.push([name, await start()]);
    else console.log(`SKIPPED: ${missing}, so fault W does nothing to it here`);
  }
  return started;
}

interface Trial {
  readonly server: Server;
  readonly random: Random;
  readonly way: string;
  readonly n: number;
}

async function trial({ server, random, way, n }: Trial, expect: Expect): Promise<void> {
  await using relay = relayTo(server.port);
  const url = server.url(`try_${n}`);
  await using system = await testSystem({
    ...{ QUEUE_URL: url.replace(`:${server.port}/`, `:${relay.port}/`), CONSUMERS: "3", LOG_LEVEL: "error" },
    // A sweep that comes late says nothing, and beside other tests a sweep every 200 ms would be late all the time.
    ...{ HEARTBEAT_MS: "100", SWEEP_MS: "1000", STALL_MS: "2000" },
  });
  const { queue, supervisor, fatal } = system;
  const ids = Array.from({ length: JOBS }, (_, i) => `job ${i}`);
  const adding = addOneByOne(queue, ids, random);
  await sleep(random.below(300));
  await MISFORTUNES[way]?.({ server, relay, random });
  await adding;
  await eventually("the storage works again", () => queue.trouble === null, { withinMs: DONE_WITHIN_MS });
  const areDone = async () => (await queue.stats()).counts.COMPLETED === JOBS;
  await eventually("all jobs are done", () => areDone().catch(() => false), { withinMs: DONE_WITHIN_MS });
  for (const id of ids) {
    const { job: { status, crashes } } = await queue.get(id);
    expect(status === "COMPLETED" && crashes === 0, `${id} is ${status}, ${crashes} crashes`);
  }
  expect(fatal.length === 0, `the system gave up: ${fatal.map(({ why }) => why)}`);
  expect(supervisor.view().consumers.length === 3, "a consumer is gone");
  const problems = await problemsAt(url, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

/**
 * As a client does: an add that failed may have been made all the same, so it is made again with the same id. The job may
 * even be done by then.
 */
async function addOneByOne(queue: Queue, ids: readonly string[], random: Random): Promise<void> {
  for (const id of ids) {
    for (let isAdded = false; !isAdded;) {
      isAdded = await queue.add([{ id, kind: "wait", payload: random.below(60) }]).then(
        () => true,
        (error) => isDone(error),
      );
      if (!isAdded) await sleep(50);
    }
  }
}

/** Whether the job of this id is done already. @throws what is no trouble of the storage */
function isDone(error: unknown): boolean {
  if (error instanceof StorageError && error.passing) return false;
  if (error instanceof QueueError && error.code === "duplicate_job") return true;
  throw error;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
