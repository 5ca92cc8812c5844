import { openRedisStore } from "../../queue/redis/open_store.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { openedStores } from "./stores.ts";
import { conformance } from "./suite.ts";

/** One server for all cases; each case empties it. */
let server: RedisServer | null = null;

const BY_ITS_OWN_TOOLS = "the tools of Redis do that";

const missing = whyNoRedis();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so the backend is not tested here`);
} else {
  Deno.test.beforeAll(async () => void (server = await redisServer({}, { isDurable: false })));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  conformance("redis", async (clock) => {
    if (server === null) throw new Error("The server has not been started");
    const url = server.url();
    await server.command("FLUSHALL");
    return await openedStores({ open: (role) => openRedisStore(url, { role, clock }) });
  }, { skip: { backup: BY_ITS_OWN_TOOLS, deepCheck: BY_ITS_OWN_TOOLS } });
}
