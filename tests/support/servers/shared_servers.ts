/** The kinds of server that hosts can share, as far as this machine has them. */
import { postgresServer, whyNoPostgres } from "./postgres_server.ts";
import { redisServer, whyNoRedis } from "./redis_server.ts";

export interface SharedServer extends AsyncDisposable {
  readonly port: number;
  /** Of a queue with this name. */
  url(queue?: string): string;
}

export interface KindOfServer {
  readonly name: string;
  readonly whyNot: () => string | null;
  readonly start: () => Promise<SharedServer>;
}

/** No test of these tries a power cut. Redis waits for the disk all the same: otherwise the pages warn of it. */
const KINDS: readonly KindOfServer[] = [
  { name: "PostgreSQL", whyNot: whyNoPostgres, start: () => postgresServer({ isDurable: false }) },
  { name: "Redis", whyNot: whyNoRedis, start: () => redisServer() },
];

/** What is missing here is said aloud; `sentence`: what is not tried there. */
export function sharedServers(sentence: string): readonly KindOfServer[] {
  return KINDS.filter(({ whyNot }) => {
    const missing = whyNot();
    if (missing !== null) console.log(`SKIPPED: ${missing}, so it is not tried there that ${sentence}`);
    return missing === null;
  });
}
