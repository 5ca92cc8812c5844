/** The same measurements on a server, compared with the bare statements of the backend, without the system. */
import { openStore } from "../../queue/get_queue.ts";
import type { Store } from "../../queue/store.ts";
import { postgresServer } from "../support/servers/postgres_server.ts";
import { type RedisServer, redisServer } from "../support/servers/redis_server.ts";
import { bareMinimum } from "./bare_server.ts";
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { drainFrom, warmUp } from "./drain.ts";
import { middle, repeated } from "./middle_of.ts";
import { pickups, WARM_UP } from "./pickup.ts";
import { preciseNow } from "./precise_now.ts";
import { quantile } from "./quantile.ts";
import type { BenchOptions, Goal, Row } from "./row.ts";
import { serverBacklog } from "./server_backlog.ts";
import { severalHosts } from "./several_hosts.ts";

const SERVERS = { postgres: postgresServer, redis: redisServer };

export type Backend = keyof typeof SERVERS;

export function isBackend(name: string): name is Backend {
  return Object.hasOwn(SERVERS, name);
}

/** The URL of a separate queue on the server. */
type UrlOf = (queue: string) => string;

const BATCH = 1_000;
const CLAIMED = 640;
/** How many statements overlap, like those of the system. */
const AT_ONCE = 2;
const CLIENTS = 50;
const ADDED_BY_ONE = 300;
const ADDED_BY_MANY = 5_000;
const PICKUPS = 300;
const NOTICES = 100;
/** A notification waits for the previous one, unless that was longer ago. */
const NOTICE_PAUSE_MS = 60;

/** The parts of the benchmark for a backend on a server; each part starts its own server. */
export function partsOf(backend: Backend): Record<string, (options: BenchOptions) => Promise<Row[]>> {
  const withServer =
    (measure: (url: UrlOf, options: BenchOptions) => Promise<Row[]>) => async (options: BenchOptions) => {
      await using server = await SERVERS[backend]();
      return await measure((queue) => server.url(queue), options);
    };
  return {
    drain: withServer((url, options) => drain(backend, url, options)),
    ...{ adding: withServer(adding), pickup: withServer(pickup) },
    ...{ hosts: withServer(severalHosts), backlog: (options) => backlog(backend, options) },
  };
}

async function backlog(backend: Backend, options: BenchOptions): Promise<Row[]> {
  await using server = await SERVERS[backend]();
  const rested = () => "command" in server ? logRewritten(server) : Promise.resolve();
  return await serverBacklog({ url: (queue) => server.url(queue), rested }, options);
}

/** Redis rewrites its log once it has doubled, with a process that uses a whole core. That is part of the filling. */
async function logRewritten({ command }: RedisServer): Promise<void> {
  const isBusy = async () =>
    /aof_rewrite_(?:in_progress|scheduled):1/.test(String(await command("INFO", "persistence")));
  while (await isBusy()) await new Promise((resolve) => setTimeout(resolve, 200));
}

async function drain(backend: Backend, url: UrlOf, { jobs, rounds }: BenchOptions): Promise<Row[]> {
  const measures = { system: systemDrain, alone: drainAlone, least: leastDrain(backend) };
  let n = 0;
  const runs = await repeated(rounds, async () => {
    n += 1;
    const rates = { system: 0, alone: 0, least: 0 };
    for (const name of ["system", "alone", "least"] as const) {
      rates[name] = await measures[name](url(`${name}_${n}`), jobs);
    }
    return rates;
  });
  const against = (limit: "alone" | "least", words: string): Row => ({
    measure: `drain of ${jobs.toLocaleString("en")} no-op jobs, 10 consumers, vs. ${words}`,
    ...middle(runs.map((rates) => ({ figure: rates.system, limit: rates[limit] }))),
    ...{ unit: "/s", goal: { ratio: 0.7 } },
  });
  return [against("alone", "the same statements alone"), against("least", "the bare minimum")];
}

const leastDrain = (backend: Backend) => (url: string, jobs: number) => bareMinimum(backend, url, jobs);

async function systemDrain(url: string, jobs: number): Promise<number> {
  await using system = await openBenchSystem({ url });
  await warmUp(system);
  return await drainFrom(system, jobs);
}

async function drainAlone(url: string, jobs: number): Promise<number> {
  const store = await openStore(url, "owner");
  try {
    for (let added = 0; added < jobs;) {
      added += (await store.insert(newJobs(added, Math.min(BATCH, jobs - added)))).length;
    }
    const since = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => drainLoop(store, `consumer ${n}`)));
    return jobs / (performance.now() - since) * 1000;
  } finally {
    await store.close();
  }
}

function newJobs(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    ...{ id: `job ${from + i}`, kind: "noop", payload: "null", priority: 0, runAt: null, replace: false },
  }));
}

async function drainLoop(store: Store, consumerId: string): Promise<void> {
  for (;;) {
    const { claimed } = await store.claim([{ consumerId, limit: CLAIMED, suspect: false }], {
      kinds: ["noop"],
    });
    if (claimed.length === 0) return;
    await store.settle(claimed.map(({ seq, lease }) => ({ seq, lease, verb: "complete", result: null })));
  }
}

async function adding(url: UrlOf): Promise<Row[]> {
  await using system = await openBenchSystem({ url: url("adding") });
  await warmUp(system);
  const limit = await addRate(system, { clients: 1, jobs: ADDED_BY_ONE });
  const figure = await addRate(system, { clients: CLIENTS, jobs: ADDED_BY_MANY });
  const measure = `adding one by one, ${CLIENTS} clients vs. one`;
  return [{ measure, figure, limit, unit: "/s", goal: { ratio: 5 } }];
}

async function addRate(
  { queue }: BenchSystem,
  { clients, jobs }: { readonly clients: number; readonly jobs: number },
): Promise<number> {
  const since = performance.now();
  const client = async () => {
    for (let i = 0; i < jobs / clients; i++) await queue.add([{ kind: "noop" }]);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return jobs / (performance.now() - since) * 1000;
}

async function pickup(url: UrlOf): Promise<Row[]> {
  await using system = await openBenchSystem({ url: url("pickup") });
  // Each thread loads the handler of a kind with its first job of that kind.
  await pickups(system, WARM_UP);
  const idle = await pickups(system, PICKUPS);
  const bare = await notices(url("notices"));
  const row = (part: number, goal: Goal): Row => ({
    measure: `pickup by an idle system, p${part * 100}, vs. a commit and its notification`,
    ...{ figure: quantile(idle, part), unit: "ms", limit: quantile(bare, part), goal },
  });
  return [row(0.5, { ratio: 0.5 }), row(0.99, { ratio: 0.5 })];
}

/** From the insert of a job until another store is notified of it. */
async function notices(url: string): Promise<number[]> {
  const [writer, watcher] = [await openStore(url, "owner"), await openStore(url, "owner")];
  const values: number[] = [];
  try {
    for (let i = 0; i < NOTICES; i++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      using _watch = watcher.watch(resolve);
      const since = preciseNow();
      const inserted = writer.insert(newJobs(i, 1));
      await promise;
      values.push(preciseNow() - since);
      await inserted;
      await new Promise((resolve) => setTimeout(resolve, NOTICE_PAUSE_MS));
    }
    return values;
  } finally {
    await Promise.all([writer.close(), watcher.close()]);
  }
}
