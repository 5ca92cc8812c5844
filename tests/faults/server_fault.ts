/**
 * Fault W: the server of the queue is killed, restarted, paused, cut off, full, or replaced by another. The system says
 * so, nothing acknowledged is lost, no job is charged for it, and the work continues by itself.
 */
import { isMountable } from "../support/damage/full_disk.ts";
import { atOnce } from "../support/faults/at_once.ts";
import { violationsOf } from "../support/faults/violations.ts";
import type { Random } from "../support/random.ts";
import { whyNoPostgres } from "../support/servers/postgres_server.ts";
import { whyNoRedis } from "../support/servers/redis_server.ts";
import type { Fault } from "./fault.ts";
import {
  ON_PAIR_OF_POSTGRES,
  ON_POSTGRES,
  ON_SMALL_DISK_OF_POSTGRES,
  startPostgres,
} from "./server/on_postgres.ts";
import { ON_PAIR_OF_REDIS, ON_REDIS, ON_SMALL_DISK_OF_REDIS, startRedis } from "./server/on_redis.ts";
import type { Scene } from "./server/scene.ts";
import { trial } from "./server/trial.ts";

type MakeScene = () => Promise<Scene>;
/** Misfortunes that run one after the other, because they share a server or need two. */
type Lane = readonly (readonly [what: string, make: MakeScene])[];

export const server: Fault = {
  letter: "W",
  title:
    "the server of the queue is killed, paused, restarted, cut off, full or replaced, or its answers are lost",
  // Each misfortune once on each server.
  tries: { each: 30, long: 500 },
  async *attempts(random) {
    await using servers = new AsyncDisposableStack();
    const lanes = await openLanes(servers);
    if (lanes.length === 0) { for (;;) yield []; }
    yield* atOnce(lanes.length, random, (chance, n) => attempt(lanes, { chance, n }));
  },
};

async function openLanes(servers: AsyncDisposableStack): Promise<Lane[]> {
  const hasDisk = await isMountable();
  if (!hasDisk) console.log("SKIPPED: no small disk can be made here, so fault W fills none");
  const lanes: Lane[] = [];
  const own: (readonly [string, MakeScene])[] = [];
  const noRedis = whyNoRedis();
  if (noRedis === null) {
    const shared = servers.use(await startRedis());
    lanes.push(laneOf("Redis", ON_REDIS, shared));
    own.push(...laneOf("Redis", { ...ON_PAIR_OF_REDIS, ...hasDisk ? ON_SMALL_DISK_OF_REDIS : {} }, null));
  } else skip(noRedis);
  const noPostgres = whyNoPostgres();
  if (noPostgres === null) {
    const shared = servers.use(await startPostgres());
    lanes.push(laneOf("PostgreSQL", ON_POSTGRES, shared));
    own.push(
      ...laneOf("PostgreSQL", { ...ON_PAIR_OF_POSTGRES, ...hasDisk ? ON_SMALL_DISK_OF_POSTGRES : {} }, null),
    );
  } else skip(noPostgres);
  return own.length === 0 ? lanes : [...lanes, own];
}

function skip(missing: string): void {
  console.log(`SKIPPED: ${missing}, so fault W does nothing to it here`);
}

function laneOf<S>(
  name: string,
  misfortunes: Readonly<Record<string, (server: S) => Promise<Scene>>>,
  server: S,
): Lane {
  return Object.entries(misfortunes).map(([way, make]) => [`${name} ${way}`, () => make(server)] as const);
}

async function attempt(
  lanes: readonly Lane[],
  { chance, n }: { readonly chance: Random; readonly n: number },
): Promise<string[]> {
  const lane = lanes[n % lanes.length] as Lane;
  const [what, make] = lane[Math.floor(n / lanes.length) % lane.length] as Lane[number];
  const violations = await violationsOf(async (expect) => {
    await using scene = await make();
    await trial({ scene, random: chance, name: `try_${n}` }, expect);
  });
  return violations.map((violation) => `${what}: ${violation}`);
}
