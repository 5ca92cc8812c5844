/** What a store on Redis opens, and what it refuses with a sentence. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

let server: RedisServer;

const JOB: NewJob = { id: "one", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
const FACT = { realm: "sessions", key: "one", text: "a fact", livesMs: 60_000 };
const identity = (id: string) => ({ id, host: "here", pid: 1, version: "1.2.3" });

const open = (prefix: string) => openStore(server.url(prefix), "owner");

/** The message of an open that fails for good: the start ends with exit code 74. */
async function refusal(prefix: string): Promise<string> {
  try {
    await (await open(prefix)).close();
  } catch (error) {
    assert.ok(error instanceof StorageError && !error.passing, String(error));
    return error.message;
  }
  throw new Error(`${prefix} was opened`);
}

/** What may write the first key of a queue. */
const FIRST_WRITES: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  "a job": (store) => store.insert([JOB]),
  "a process": (store) => store.join(identity(crypto.randomUUID())),
  "a look at the processes": (store) => store.processes({ silentForMs: 30_000 }),
  "a fact": async (store) => {
    const { facts } = store.capabilities;
    assert.ok(facts !== undefined && "put" in facts);
    assert.equal(await facts.put(FACT, null), true);
  },
  "a copied job": async (store) => {
    const source = await open("source");
    await source.insert([JOB]);
    const { jobs } = await source.dump({ after: null, limit: 1 });
    await source.close();
    await store.restore(jobs);
  },
};

const missing = whyNoRedis();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so what it refuses is not tested here`);
} else {
  Deno.test.beforeAll(async () => void (server = await redisServer()));
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

  Deno.test("redis: processes that start together on an empty server, and write as soon as they can, all open the queue", async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, async (_, n) => {
      const store = await open("at_once");
      await store.join(identity(String(n)));
      await store.insert([{ ...JOB, id: String(n) }]);
      return store;
    }));
    for (const store of stores) assert.deepEqual(await store.check(), []);
    assert.equal((await stores[0]?.stats({ silentForMs: 0 }))?.counts.PENDING, 8);
    await Promise.all(stores.map((store) => store.close()));
  });

  Deno.test("redis: an error for an address without a server says what to check, and the start may wait for the server", async () => {
    await assert.rejects(openStore("redis://127.0.0.1:1", "owner"), (error: unknown) => {
      assert.ok(error instanceof StorageError && error.passing);
      assert.match(error.message, /^Redis cannot be reached: see that it runs, .* \(127\.0\.0\.1:1: .*\)\.$/);
      return true;
    });
  });

  Deno.test("redis: an error for a URL that cannot be reached names the scheme to try instead, with or without TLS", async () => {
    for (
      const [url, hint] of [["redis", "rediss: if it takes TLS only"], [
        "rediss",
        "redis: unless it takes TLS",
      ]]
    ) {
      await assert.rejects(openStore(`${url}://127.0.0.1:1`, "owner"), ({ message }: Error) => {
        assert.ok(message.includes(`, with ${hint}`), message);
        return true;
      });
    }
  });

  Deno.test("redis: a user who lacks a command is told which", async () => {
    for (const command of ["evalsha", "subscribe", "config|get"]) {
      const name = `lacks_${command.replace("|", "_")}`;
      await server.command("ACL", "SETUSER", name, "on", "nopass", "~*", "&*", "+@all", `-${command}`);
      const url = server.url("commands").replace("://", `://${name}:password@`);
      const refused = await openStore(url, "owner").then((store) => store.close(), (error) => error);
      // The queue works without reading the settings.
      if (command === "config|get") assert.equal(refused, undefined);
      else {
        assert.match(
          refused.message,
          new RegExp(
            `^Redis lets this user do less than the queue needs: allow it the command ${command} too \\(`,
          ),
        );
      }
    }
  });

  for (const key of ["ids", "seq", "processes", "status:PENDING", "job:1"]) {
    Deno.test(`redis: a prefix under which another program keeps "${key}" is refused, and left as it is`, async () => {
      await server.command("FLUSHALL");
      await server.command("SET", `{theirs}:${key}`, "theirs");
      assert.equal(
        await refusal("theirs"),
        `The prefix "theirs" belongs to another program, which has the key {theirs}:${key}: name one of its own in QUEUE_URL, for example ?prefix=jobs.`,
      );
      assert.deepEqual(await server.command("KEYS", "*"), [`{theirs}:${key}`]);
    });
  }

  Deno.test("redis: a version that no release of this program wrote is taken for another program's", async () => {
    await server.command("SET", "{foreign}:version", "2.3.1");
    assert.match(await refusal("foreign"), /^The prefix "foreign" belongs to another program, .*:version: /);
    assert.equal(await server.command("GET", "{foreign}:version"), "2.3.1");
  });

  Deno.test("redis: other keys in the same braces do no harm, and neither do those of another queue", async () => {
    await server.command("SET", "{shared}:users", "theirs");
    for (const prefix of ["shared", "shared", "share"]) await (await open(prefix)).close();
    assert.equal(await server.command("GET", "{shared}:users"), "theirs");
  });

  for (const [name, write] of Object.entries(FIRST_WRITES)) {
    Deno.test(`redis: a server that was emptied under its processes, and got ${name} since, is not taken for another program's`, async () => {
      const store = await open("emptied");
      try {
        await server.command("FLUSHALL");
        await write(store);
        await (await open("emptied")).close();
      } finally {
        await store.close();
      }
    });
  }
}
