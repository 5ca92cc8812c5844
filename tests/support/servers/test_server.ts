/** The server that holds the queues of a whole test run. */
import { postgresServer, whyNoPostgres } from "./postgres_server.ts";
import { redisServer, whyNoRedis } from "./redis_server.ts";

export interface TestServer extends AsyncDisposable {
  /** Without a schema or prefix. */
  readonly url: string;
}

/** No test of such a run tries a power cut. */
const SERVERS = {
  postgres: { whyNot: whyNoPostgres, start: () => postgresServer({ isDurable: false }) },
  redis: { whyNot: whyNoRedis, start: () => redisServer({}, { isDurable: false }) },
} as const;

/** Why the tests cannot run on such a server here; null if they can. */
export function whyNoTestServer(backend: keyof typeof SERVERS): string | null {
  return SERVERS[backend].whyNot();
}

/** @throws if there is no such server on this machine */
export async function startTestServer(backend: keyof typeof SERVERS): Promise<TestServer> {
  const { whyNot, start } = SERVERS[backend];
  const missing = whyNot();
  if (missing !== null) throw new Error(missing);
  const server = await start();
  const [url = ""] = server.url().split("?");
  return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
