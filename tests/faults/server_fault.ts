/**
 * Fault W: the server of the queue is killed, restarted, paused, cut off, full, or replaced by another. The pages stay up and
 * say so, nothing that was acknowledged is lost, no job is charged for it, and the work goes on by itself.
 */
import { isMountable } from "../support/damage/full_disk.ts";
import { atOnce } from "../support/faults/at_once.ts";
import { violationsOf } from "../support/faults/violations.ts";
import type { Random } from "../support/random.ts";
import { whyNoPostgres } from "../support/servers/postgres_server.ts";
import { whyNoRedis } from "../support/servers/redis_server.ts";
import type { Fault } from "./fault.ts";
import { ON_POSTGRES, ON_SMALL_DISK_OF_POSTGRES, startPostgres } from "./server/on_postgres.ts";
import { ON_REDIS, ON_SMALL_DISK_OF_REDIS, startRedis } from "./server/on_redis.ts";
import type { Misfortunes, Scene, Server } from "./server/scene.ts";
import { trial } from "./server/trial.ts";

/** A server that tries share, and what can happen to it. */
interface Stage extends AsyncDisposable {
  readonly name: string;
  readonly ways: readonly (readonly [way: string, make: () => Promise<Scene>])[];
}

export const server: Fault = {
  letter: "W",
  title:
    "the server of the queue is killed, paused, restarted, cut off, full or replaced, or its answers are lost",
  // Each misfortune once on each server.
  tries: { each: 26, long: 500 },
  async *attempts(random) {
    const stages = await openStages();
    try {
      if (stages.length === 0) { for (;;) yield []; }
      // Each server has one try at a time.
      yield* atOnce(stages.length, random, (chance, n) => attempt(stages, { chance, n }));
    } finally {
      for (const stage of stages) await stage[Symbol.asyncDispose]();
    }
  },
};

async function openStages(): Promise<Stage[]> {
  const hasDisk = await isMountable();
  if (!hasDisk) console.log("SKIPPED: no small disk can be made here, so fault W fills none");
  const stages: Stage[] = [];
  for (const [missing, open] of [[whyNoPostgres(), onPostgres], [whyNoRedis(), onRedis]] as const) {
    if (missing === null) stages.push(await open(hasDisk));
    else console.log(`SKIPPED: ${missing}, so fault W does nothing to it here`);
  }
  return stages;
}

async function onPostgres(hasDisk: boolean): Promise<Stage> {
  const misfortunes = { ...ON_POSTGRES, ...hasDisk ? ON_SMALL_DISK_OF_POSTGRES : {} };
  return stageOf("PostgreSQL", await startPostgres(), misfortunes);
}

async function onRedis(hasDisk: boolean): Promise<Stage> {
  const misfortunes = { ...ON_REDIS, ...hasDisk ? ON_SMALL_DISK_OF_REDIS : {} };
  return stageOf("Redis", await startRedis(), misfortunes);
}

function stageOf<S extends Server>(name: string, server: S, misfortunes: Misfortunes<S>): Stage {
  return {
    name,
    ways: Object.entries(misfortunes).map(([way, make]) => [way, () => make(server)] as const),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function attempt(
  stages: readonly Stage[],
  { chance, n }: { readonly chance: Random; readonly n: number },
): Promise<string[]> {
  const { name, ways } = stages[n % stages.length] as Stage;
  const turn = Math.floor(n / stages.length);
  const [way, make] = ways[turn % ways.length] as Stage["ways"][number];
  const violations = await violationsOf(async (expect) => {
    await using scene = await make();
    await trial({ scene, random: chance, name: `try_${turn}` }, expect);
  });
  return violations.map((violation) => `${name} ${way}: ${violation}`);
}
