/** An outage ends for every process at once, and the first one back, or a new one, takes none of the others for dead. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { getQueue, openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

const STALL_MS = 30_000;

interface Stage {
  readonly server: RedisServer;
  open(): Promise<Store>;
}

/** The server seems to have served the queue for a minute. */
function test(sentence: string, body: (stage: Stage) => Promise<void>) {
  Deno.test({
    name: `redis: ${sentence}`,
    ignore: whyNoRedis() !== null,
    fn: async () => {
      await using server = await redisServer({}, { isDurable: false });
      await using opened = new AsyncDisposableStack();
      const open = async () => {
        const store = await openStore(server.url(), "owner");
        opened.defer(() => store.close());
        return store;
      };
      const guest = await open();
      await guest.join(process(9));
      await guest.leave(process(9).id);
      await server.command("HSET", "{persistent-queue}:server", "since", ago(60_000));
      await body({ server, open });
    },
  });
}

const JOB: NewJob = { id: "a", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
const ONE = [{ consumerId: "c1", limit: 1, suspect: false }];
const process = (pid: number) => ({ id: `process ${pid}`, host: "here", pid, version: "1.2.3" });
const deadOf = async (store: Store, predecessor: string | null = null) =>
  (await store.processes({ silentForMs: STALL_MS, predecessor })).filter(({ isDead }) => isDead).map((
    { pid },
  ) => pid);
const ago = (ms: number) => String(Date.now() - ms);
/** As if the latest beat of this process had come so long ago. */
const seenAgo = (server: RedisServer, pid: number, ms: number) =>
  server.command("HSET", `{persistent-queue}:process:process ${pid}`, "seen_at", ago(ms));
/** As if the process had come back so long ago, and had been in touch since. */
const backAgo = (server: RedisServer, pid: number, ms: number) =>
  server.command("HSET", `{persistent-queue}:process:process ${pid}`, "seen_at", ago(0), "back_at", ago(ms));
const closed = (server: RedisServer, pid: number) =>
  eventually(
    "its connections are closed",
    async () =>
      String(await server.command("PUBSUB", "NUMSUB", `{persistent-queue}:lives:process ${pid}`)).endsWith(
        ",0",
      ),
  );

test("a process that was itself cut off does not take others for dead at once", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  const longAgo = String(Date.now() - 60_000);
  for (const pid of [1, 2]) {
    await server.command("HSET", `{persistent-queue}:process:process ${pid}`, "seen_at", longAgo);
    await server.command("DEL", `{persistent-queue}:alive:process ${pid}`);
  }
  assert.equal(await store.beat(), true);
  assert.deepEqual(await deadOf(store), []);
});

test("after the server has refused all writes for longer than a key lives, no process takes another for dead", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  for (const pid of [1, 2]) {
    await seenAgo(server, pid, 11_000);
    await server.command("DEL", `{persistent-queue}:alive:process ${pid}`);
  }
  assert.deepEqual(
    await deadOf(store),
    [],
    "its own beats have failed as well, and the next one is due in a moment",
  );
  await store.beat();
  assert.deepEqual(await deadOf(store), []);
});

test("after a network outage of about three seconds, the first process back takes none of the others for dead", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  await seenAgo(server, 2, 4_000);
  await other.close();
  await closed(server, 2);
  // The last beat of this process before the outage was the later one.
  await seenAgo(server, 1, 2_500);
  assert.deepEqual(await deadOf(store), []);
  await store.beat();
  assert.deepEqual(await deadOf(store), []);
  await backAgo(server, 1, 4_000);
  assert.deepEqual(await deadOf(store), [2], "the other one has had the time to come back");
});

test("after an outage that was longer than a stall, the first process back takes no job of the others", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  await other.insert([JOB]);
  const { claimed: [one] } = await other.claim(ONE);
  await server.command(
    "ZADD",
    "{persistent-queue}:heartbeats",
    ago(40_000),
    String(one?.seq),
  );
  const stalled = async () =>
    (await store.orphans({ alive: { agoMs: STALL_MS, aheadMs: STALL_MS }, held: [], limit: 9 })).map((
      { id },
    ) => id);
  for (const pid of [1, 2]) await seenAgo(server, pid, 40_000);
  assert.deepEqual(await stalled(), [], "its own beats have failed until now");
  await store.beat();
  assert.deepEqual(await stalled(), [], "it has only just come back");
  await backAgo(server, 1, 4_000);
  assert.deepEqual(await stalled(), ["a"], "the other one has had the time to come back");
  await server.command("HSET", "{persistent-queue}:server", "run_id", "0123456789abcdef");
  await seenAgo(server, 1, 0);
  assert.deepEqual(await stalled(), [], "another server has taken over");
});

test("a process that starts just after an outage takes none of the others for dead", async ({ server, open }) => {
  const [other, store] = [await open(), await open()];
  await other.join(process(2));
  await other.close();
  await closed(server, 2);
  await seenAgo(server, 2, 5_000);
  await store.join(process(1));
  assert.deepEqual(await deadOf(store), []);
  await backAgo(server, 1, 4_000);
  assert.deepEqual(await deadOf(store), [2], "the other one has had the time to come back");
});

test("a process that starts when one of the others is back from an outage waits for the rest as well", async ({ server, open }) => {
  const [other, third, store] = [await open(), await open(), await open()];
  await other.join(process(2));
  await third.join(process(3));
  await other.close();
  await closed(server, 2);
  for (const pid of [2, 3]) await seenAgo(server, pid, 5_000);
  await third.beat();
  await store.join(process(1));
  assert.deepEqual(await deadOf(store), []);
});

test("a process that starts when the last one was seen a moment ago finds at once that it is dead", async ({ server, open }) => {
  const [other, store] = [await open(), await open()];
  await other.join(process(2));
  await other.close();
  await closed(server, 2);
  await seenAgo(server, 2, 2_000);
  await store.join(process(1));
  await seenAgo(server, 2, 4_000);
  await seenAgo(server, 1, 0);
  assert.deepEqual(await deadOf(store), [2]);
});

test("after an outage the predecessor of a process, which has ended, is dead at once, and no other", async ({ server, open }) => {
  const [other, third, store] = [await open(), await open(), await open()];
  await other.join(process(2));
  await third.join(process(3));
  for (const one of [other, third]) await one.close();
  for (const pid of [2, 3]) await closed(server, pid);
  for (const pid of [2, 3]) await seenAgo(server, pid, 5_000);
  await store.join(process(1));
  assert.deepEqual([await deadOf(store), await deadOf(store, process(2).id)], [[], [2]]);
});

test("while memory is full, the job of a process that has died is taken over as soon as otherwise", async ({ server, open }) => {
  const queue = await getQueue(server.url(), { role: "owner" });
  try {
    await queue.recover();
    const other = await open();
    await other.join(process(2));
    await other.insert([JOB]);
    await other.claim(ONE);
    await other.close();
    await closed(server, 2);
    await seenAgo(server, 2, 5_000);
    await server.command("CONFIG", "SET", "maxmemory", "1mb");
    await eventually("its job waits again", async () => {
      await queue.probe().catch((error) => assert.match(String(error), /maxmemory/));
      return (await queue.get(JOB.id)).job.status === "PENDING";
    });
    assert.equal((await queue.get(JOB.id)).job.crashes, 1);
  } finally {
    await queue.close();
  }
});

test("a process that cannot join while no writes are taken does not go on listening for each try", async ({ server, open }) => {
  const store = await open();
  await store.join(process(1));
  const channelOf = (pid: number) => `{persistent-queue}:lives:process ${pid}`;
  const listening = async () =>
    String(await server.command("PUBSUB", "CHANNELS", "{persistent-queue}:lives:*"))
      .split(",").filter((channel) => channel !== channelOf(9)).toSorted();
  const left = (pid: number) =>
    eventually(`${pid} is left`, async () => String(await listening()) === channelOf(pid));
  await server.command("CONFIG", "SET", "min-replicas-to-write", "1");
  for (const pid of [2, 3, 4]) await assert.rejects(store.join(process(pid)), StorageError);
  await left(1);
  await server.command("CONFIG", "SET", "min-replicas-to-write", "0");
  await assert.rejects(store.join(process(1)), /has joined already/);
  await left(1);
  await store.join(process(5));
  await left(5);
});
