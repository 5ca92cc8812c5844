/** The same test on each kind of server that hosts can share; what is missing on this machine is said aloud. */
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

/** `sentence`: what holds on both. The body gets a server of its own, and its name. */
export function onEachServer(
  sentence: string,
  body: (server: SharedServer, name: string) => Promise<void>,
): void {
  for (const { name, whyNot, start } of KINDS) {
    const missing = whyNot();
    if (missing !== null) {
      console.log(`SKIPPED: ${missing}, so it is not tried there that ${sentence}`);
      continue;
    }
    Deno.test(`${name}: ${sentence}`, async () => {
      await using server = await start();
      await body(server, name);
    });
  }
}
