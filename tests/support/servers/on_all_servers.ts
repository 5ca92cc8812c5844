/** A test on each kind of server that hosts can share; what is missing on this machine is said aloud. */
import { postgresServer, whyNoPostgres } from "./postgres_server.ts";
import { redisServer, whyNoRedis } from "./redis_server.ts";

export interface SharedServer extends AsyncDisposable {
  readonly port: number;
  /** Of a queue with this name. */
  url(queue?: string): string;
}

interface Kind {
  readonly name: string;
  readonly whyNot: () => string | null;
  readonly start: () => Promise<SharedServer>;
}

/** No test of these tries a power cut. Redis waits for the disk all the same: otherwise the pages warn of it. */
const KINDS: readonly Kind[] = [
  { name: "PostgreSQL", whyNot: whyNoPostgres, start: () => postgresServer({ isDurable: false }) },
  { name: "Redis", whyNot: whyNoRedis, start: () => redisServer() },
];

type Body = (server: SharedServer, name: string) => Promise<void>;

/** One after the other, for what measures. */
export function onEachServer(sentence: string, body: Body): void {
  for (const kind of thoseHere(sentence)) Deno.test(`${kind.name}: ${sentence}`, () => run(kind, body));
}

/** On all of them at once. `sentence`: what holds on each. The body gets a server of its own, and its name. */
export function onAllServers(sentence: string, body: Body): void {
  const kinds = thoseHere(sentence);
  if (kinds.length === 0) return;
  Deno.test(`${kinds.map(({ name }) => name).join(" and ")}: ${sentence}`, async () => {
    const runs = kinds.map((kind) =>
      run(kind, body).catch((cause) => {
        throw new Error(`On ${kind.name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      })
    );
    for (const one of await Promise.allSettled(runs)) if (one.status === "rejected") throw one.reason;
  });
}

function thoseHere(sentence: string): Kind[] {
  return KINDS.filter(({ whyNot }) => {
    const missing = whyNot();
    if (missing !== null) console.log(`SKIPPED: ${missing}, so it is not tried there that ${sentence}`);
    return missing === null;
  });
}

async function run({ name, start }: Kind, body: Body): Promise<void> {
  await using server = await start();
  await body(server, name);
}
