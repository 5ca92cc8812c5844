/** How a store on Redis copes with a server that has no connection left, is silent, or is no longer the primary. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { type Relay, relayTo } from "../support/servers/relay.ts";

const JOB: NewJob = { id: "one", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
const MAX_CONNECTIONS = 8;
/** The server accepts any password as long as its user has none. */
const PASSWORD = "hidden-word";
/** A silent server is noticed within this time. */
const NOTICED_MS = 5_000;
/** The driver pings its server after five seconds, so during the silence that begins after this time. */
const PING_AFTER_MS = 4_000;

interface Stage {
  readonly server: RedisServer;
  readonly relay: Relay;
  /** It reaches the server through the relay. */
  readonly store: Store;
}

function test(sentence: string, body: (stage: Stage) => Promise<void>): void {
  Deno.test({
    name: `redis: ${sentence}`,
    ignore: whyNoRedis() !== null,
    fn: async () => {
      await using server = await redisServer({}, { isDurable: false });
      await using relay = relayTo(server.port);
      const store = await openStore(`redis://default:${PASSWORD}@127.0.0.1:${relay.port}`, "owner");
      try {
        await body({ server, relay, store });
      } finally {
        await store.close();
      }
    },
  });
}

/** The message of a call that fails for now; otherwise what became of it. */
const told = (call: Promise<unknown>) =>
  call.then(
    () => "it worked",
    (error) => error instanceof StorageError && error.passing ? error.message : "",
  );
const works = (store: Store) => store.insert([JOB]).then(() => true, () => false);

test("a server without a free connection is reported as such", async ({ server, relay, store }) => {
  relay.cut();
  await server.command("CONFIG", "SET", "maxclients", String(MAX_CONNECTIONS));
  const foreign: Deno.TcpConn[] = [];
  while (foreign.length < 2 * MAX_CONNECTIONS) {
    foreign.push(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
  }
  relay.mend();
  await eventually(
    "it says so",
    async () =>
      /^Redis has no connection left: raise maxclients, or close others \(/.test(
        await told(store.insert([JOB])),
      ),
  );
  for (const connection of foreign) connection.close();
  await eventually("it works", () => works(store));
});

test("a store leaves a server that takes no writes, because another one may have its address by now", async ({ server, relay, store }) => {
  await using other = await redisServer({}, { isDurable: false });
  await store.insert([JOB]);
  await store.join({ id: "one", host: "here", pid: 1, version: "1.2.3" });
  let changes = 0;
  using _watch = store.watch(() => changes += 1);
  await server.command("REPLICAOF", "127.0.0.1", String(other.port));
  // The existing connections stay there for ever.
  relay.leadTo(other.port);
  assert.match(await told(store.insert([JOB])), /^Redis takes no writes here: this server is a replica \(/);
  await eventually("it works", () => works(store));
  assert.equal(await other.command("EXISTS", "{persistent-queue}:job:1"), 1);
  await eventually("the process is seen to live", async () => {
    return String(await other.command("PUBSUB", "NUMSUB", "{persistent-queue}:lives:one")).endsWith(",1");
  });
  await eventually("changes are reported", async () => {
    const seen = changes;
    const guest = await openStore(other.url(), "guest");
    await guest.insert([{ ...JOB, id: crypto.randomUUID() }]);
    await guest.close();
    return await eventually("the watch is called", () => changes > seen, { withinMs: 200 }).catch(() =>
      false
    );
  });
  // Closed before the server is gone, because it would try to reconnect.
  await store.close();
});

test("a process does not go on listening for a try to join whose connections were lost while it left", async ({ server, relay, store }) => {
  await server.command("CONFIG", "SET", "min-replicas-to-write", "1");
  await assert.rejects(store.join({ id: "failed", host: "here", pid: 1, version: "1.2.3" }), StorageError);
  relay.endAll();
  await server.command("CONFIG", "SET", "min-replicas-to-write", "0");
  let joined = "";
  await eventually("it has joined", async () => {
    joined = crypto.randomUUID();
    const join = store.join({ id: joined, host: "here", pid: 1, version: "1.2.3" });
    return await join.then(() => true, () => false);
  });
  await eventually("it listens for this one alone", async () => {
    await store.beat();
    const channels = await server.command("PUBSUB", "CHANNELS", "{persistent-queue}:lives:*");
    return String(channels) === `{persistent-queue}:lives:${joined}`;
  });
});

for (const what of ["beat", "processes", "leave", "probe"] as const) {
  test(`a server that falls silent during "${what}" is noticed within seconds, however much is sent to it`, async ({ relay, store }) => {
    await store.join({ id: "one", host: "here", pid: 1, version: "1.2.3" });
    // A server that has just answered a probe is not probed again; in one case a ping of the driver is in flight too.
    await sleep(what === "probe" ? PING_AFTER_MS : 500);
    const calls = {
      beat: () => store.beat(),
      processes: () => store.processes({ silentForMs: 30_000 }),
      leave: () => store.leave("another"),
      probe: () => store.probe(),
    };
    relay.swallow();
    const since = performance.now();
    const write = told(store.insert([JOB]));
    assert.match(await told(calls[what]()), /^Redis does not answer \(/);
    assert.match(await write, /^Redis does not answer \(/, "as every call in flight says");
    assert.ok(performance.now() - since < NOTICED_MS);
    assert.match(await told(store.insert([JOB])), /^Redis does not answer \(/, "and at once from then on");
    assert.ok(performance.now() - since < NOTICED_MS);
    relay.mend();
    await eventually("it works", () => works(store));
  });
}

test("a paused server to which the store reconnects meanwhile works again as soon as it resumes", async ({ server, store }) => {
  await sleep(500);
  const goOn = server.pause();
  try {
    assert.match(await told(store.probe()), /^Redis does not answer \(/);
    // The new connections wait for a handshake, and are replaced in turn.
    const until = performance.now() + 7_000;
    while (performance.now() < until) {
      assert.match(await told(store.insert([JOB])), /^Redis does not answer \(/);
      await sleep(100);
    }
  } finally {
    goOn();
  }
  await eventually("it works", () => works(store), { withinMs: 2_000 });
});

Deno.test({
  name: "redis: a start with a server that does not answer ends within seconds, with a sentence",
  ignore: whyNoRedis() !== null,
  fn: async () => {
    await using server = await redisServer({}, { isDurable: false });
    await using relay = relayTo(server.port);
    relay.swallow();
    const since = performance.now();
    const opened = openStore(`redis://default:${PASSWORD}@127.0.0.1:${relay.port}`, "owner");
    assert.match(await told(opened), /^Redis does not answer \(/);
    assert.ok(performance.now() - since < 2 * NOTICED_MS);
  },
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
