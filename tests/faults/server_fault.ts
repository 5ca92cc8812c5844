/**
 * Fault W: the server of the queue is killed, restarted, paused, cut off, full, or replaced by another. The pages stay up and
 * say so, nothing that was acknowledged is lost, no job is charged for it, and the work goes on by itself.
 */
import { atOnce } from "../support/faults/at_once.ts";
import { violationsOf } from "../support/faults/violations.ts";
import type { Random } from "../support/random.ts";
import { whyNoPostgres } from "../support/servers/postgres_server.ts";
import { whyNoRedis } from "../support/servers/redis_server.ts";
import type { Fault } from "./fault.ts";
import { ON_POSTGRES, startPostgres } from "./server/on_postgres.ts";
import { ON_REDIS, startRedis } from "./server/on_redis.ts";
import type { Misfortunes, Scene, Server } from "./server/scene.ts";
import { trial } from "./server/trial.ts";

/** A server, and what can happen to it. */
interface Stage extends AsyncDisposable {
  readonly name: string;
  readonly ways: readonly (readonly [way: string, make: () => Promise<Scene>])[];
}

const ONLY = Deno.env.get("W_ONLY");

async function stage<S extends Server>(
  name: string,
  { start, misfortunes }: { start: () => Promise<S>; misfortunes: Misfortunes<S> },
): Promise<Stage> {
  const server = await start();
  return {
    name,
    ways: Object.entries(misfortunes).filter(([way]) => !ONLY || way.includes(ONLY)).map(([way, make]) =>
      [way, () => make(server)] as const
    ),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const STAGES = [
  {
    whyNot: whyNoPostgres,
    open: () => stage("PostgreSQL", { start: startPostgres, misfortunes: ON_POSTGRES }),
  },
  { whyNot: whyNoRedis, open: () => stage("Redis", { start: startRedis, misfortunes: ON_REDIS }) },
];

export const server: Fault = {
  letter: "W",
  title:
    "the server of the queue is killed, paused, restarted, cut off, full, replaced, or its answers are lost",
  tries: { each: Number(Deno.env.get("W_EACH") ?? 28), long: 500 },
  async *attempts(random) {
    const stages = await openStages();
    try {
      if (stages.length === 0) { for (;;) yield []; }
      // Each server has one try at a time.
      yield* atOnce(stages.length, random, (chance, n) => {
        const stage = stages[n % stages.length] as Stage;
        return attempt(stage, { chance, n: Math.floor(n / stages.length) });
      });
    } finally {
      for (const stage of stages) await stage[Symbol.asyncDispose]();
    }
  },
};

async function openStages(): Promise<Stage[]> {
  const opened: Stage[] = [];
  for (const { whyNot, open } of STAGES) {
    const missing = whyNot();
    if (missing === null) opened.push(await open());
    else console.log(`SKIPPED: ${missing}, so fault W does nothing to it here`);
  }
  return opened;
}

async function attempt(
  { name, ways }: Stage,
  { chance, n }: { chance: Random; n: number },
): Promise<string[]> {
  const [way, make] = ways[n % ways.length] ?? [];
  if (way === undefined || make === undefined) return [];
  const since = performance.now();
  const violations = await violationsOf(async (expect) => {
    await using scene = await make();
    await trial({ scene, random: chance, name: `try_${n}` }, expect);
  });
  console.log(name, way, Math.round(performance.now() - since), violations);
  return violations.map((violation) => `${name} ${way}: ${violation}`);
}
