import { openRedisStore } from "../../queue/redis/open_store.ts";
import type { Store } from "../../queue/store.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { conformance } from "./suite.ts";

/** One server for all cases; each empties it. */
let server: RedisServer | null = null;

const BY_ITS_OWN_TOOLS = "the tools of Redis do that";

const missing = whyNoRedis();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so the backend is not tried here`);
} else {
  Deno.test.beforeAll(async () => void (server = await redisServer()));
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  conformance("redis", async (clock) => {
    if (server === null) throw new Error("The server has not been started");
    const url = server.url();
    await server.command("FLUSHALL");
    const folder = await tempFolder();
    const opened: Store[] = [];
    const open = async (role: "owner" | "guest") => {
      const store = await openRedisStore(url, { role, clock });
      opened.push(store);
      return store;
    };
    return {
      store: await open("owner"),
      second: () => open("guest"),
      restored: () => Promise.reject(new Error("There is no backup to open")),
      folder: folder.path,
      close: async () => {
        for (const store of opened) await store.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  }, { skip: { backup: BY_ITS_OWN_TOOLS, deepCheck: BY_ITS_OWN_TOOLS } });
}
