/** The kinds of server that hosts can share, as far as this machine has them. */
import { postgresServer, whyNoPostgres } from "./postgres_server.ts";
import { redisServer, whyNoRedis } from "./redis_server.ts";

export interface SharedServer extends AsyncDisposable {
  readonly port: number;
  /** The URL of the queue with this name. */
  url(queue?: string): string;
}

export interface KindOfServer {
  readonly name: string;
  readonly whyNot: () => string | null;
  readonly start: () => Promise<SharedServer>;
}

/** None of these tests tries a power cut. Redis waits for the disk anyway, or the pages would show a warning. */
const KINDS: readonly KindOfServer[] = [
  { name: "PostgreSQL", whyNot: whyNoPostgres, start: () => postgresServer({ isDurable: false }) },
  { name: "Redis", whyNot: whyNoRedis, start: () => redisServer() },
];

/** Prints which servers are missing here; `sentence`: what is not tested on them. */
export function sharedServers(sentence: string): readonly KindOfServer[] {
  return KINDS.filter(({ whyNot }) => {
    const missing = whyNot();
    if (missing !== null) console.log(`SKIPPED: ${missing}, so this is not tested there: ${sentence}`);
    return missing === null;
  });
}
