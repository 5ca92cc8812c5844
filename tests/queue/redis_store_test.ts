/** What is special about Redis: a server that goes down and comes back, forgets, is full, or would lose jobs. */
import assert from "node:assert/strict";
import type { HostChannel } from "../../queue/capabilities.ts";
import { RejectedWrite, StorageError } from "../../queue/errors.ts";
import { misreadQueueUrl, openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

const ignore = whyNoRedis() !== null;
const STALL_MS = 30_000;

interface Stage {
  readonly server: RedisServer;
  open(prefix?: string): Promise<Store>;
}

function test(
  sentence: string,
  body: (stage: Stage) => Promise<void>,
  settings: Record<string, string> = {},
) {
  Deno.test({
    name: `redis: ${sentence}`,
    ignore,
    fn: async () => {
      const server = await redisServer(settings, { isDurable: false });
      const opened: Store[] = [];
      const open = async (prefix = "persistent-queue") => {
        const store = await openStore(server.url(prefix), "owner");
        opened.push(store);
        return store;
      };
      try {
        await body({ server, open });
      } finally {
        for (const store of opened) await store.close();
        await server[Symbol.asyncDispose]();
      }
    },
  });
}

function job(id: string, more: Partial<NewJob> = {}): NewJob {
  return { ...{ id, kind: "file", payload: "null", priority: 0, runAt: null, replace: false }, ...more };
}

const ONE = [{ consumerId: "c1", limit: 1, suspect: false }];
const process = (pid: number) => ({ id: `process ${pid}`, host: "here", pid, version: "1.2.3" });
const deadOf = async (store: Store) =>
  (await store.processes({ silentForMs: STALL_MS })).filter(({ isDead }) => isDead).map(({ pid }) => pid);
function hostsOf({ capabilities: { hosts } }: Store): HostChannel {
  assert.ok(!("reason" in hosts));
  return hosts;
}

/** As if the latest beat of this process had come so long ago. */
const seenAgo = (server: RedisServer, pid: number, ms: number) =>
  server.command("HSET", `{persistent-queue}:process:process ${pid}`, "seen_at", String(Date.now() - ms));
const isPassing = (error: unknown) => error instanceof StorageError && error.passing;

test("the store continues after a crash of the server, and its watches are called once more", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.insert([job("before")]);
  let changes = 0;
  using _watch = store.watch(() => changes += 1);
  await server.crash(async () => {
    await eventually("a call fails", () => store.get("before").then(() => false, isPassing));
    await assert.rejects(store.probe(), isPassing);
  });
  await eventually("the watch is called", () => changes > 0);
  await eventually("it works", () => store.insert([job("after")]).catch(() => false));
  await eventually("the other one works too", () => other.get("after").catch(() => false));
  assert.ok(await store.get("before"), "what was acknowledged is there");
  await eventually("messages come again", async () => {
    const seen = changes;
    await other.insert([job(crypto.randomUUID())]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return changes > seen;
  });
});

test("the queue of a newer release is refused with a sentence", async ({ server, open }) => {
  await (await open()).insert([job("a")]);
  await server.command("SET", "{persistent-queue}:version", "999");
  await assert.rejects(
    openStore(server.url(), "owner"),
    /^StorageError: The queue on Redis at .* was made by a newer release \(999, .*\): upgrade this program\.$/,
  );
});

test("the user in the manual may do all that the queue needs, and one who may do less is told so", async ({ server }) => {
  const manual = await Deno.readTextFile(new URL("../../docs/several-hosts.md", import.meta.url));
  const words = /^user (queue on .*)$/m.exec(manual)?.[1]?.split(" ") ?? [];
  await server.command("ACL", "SETUSER", ...words);
  const urlOf = (user: string) => server.url().replace("//", `//${user}:password@`);
  const store = await openStore(urlOf("queue"), "owner");
  try {
    let changes = 0;
    using _watch = store.watch(() => changes += 1);
    await store.join(process(1));
    await store.insert([job("a"), job("b")]);
    const { claimed } = await store.claim(ONE);
    const [held] = claimed;
    assert.ok(held !== undefined);
    assert.deepEqual(await store.renew(claimed), [true]);
    assert.deepEqual(
      await store.settle([{ seq: held.seq, lease: held.lease, verb: "complete", result: null }]),
      [true],
    );
    await store.move("cancel", ["b"]);
    assert.equal(await store.beat(), true);
    assert.deepEqual(await deadOf(store), []);
    assert.equal((await store.list({ limit: 9, silentForMs: 0 })).jobs.length, 0);
    assert.equal((await store.list({ limit: 9, line: true })).jobs.length, 0);
    assert.equal((await store.prune({ olderThanMs: -1_000, after: 0, limit: 9 })).removed.length, 2);
    assert.deepEqual(await store.check(), []);
    await store.probe();
    const other = await openStore(urlOf("queue"), "guest");
    await other.insert([job("c")]);
    await other.close();
    await eventually("a change is reported", () => changes > 0);
    await store.leave(process(1).id);
  } finally {
    await store.close();
  }
  await server.command("ACL", "SETUSER", ...words.map((word) => word.replace("queue", "poor")));
  const refused = await openStore(urlOf("poor"), "owner").then((opened) => opened.close(), (error) => error);
  assert.ok(refused instanceof StorageError && !refused.passing);
  assert.match(
    refused.message,
    /^Redis lets this user do less than the queue needs: allow it all keys and channels/,
  );
});

test("a store that is closed while the server is down leaves no timer behind", async ({ server, open }) => {
  const store = await open();
  await server.crash(async () => {
    await eventually("a call fails", () => store.get("any").then(() => false, isPassing));
    // By now the driver waits longer between tries than the server takes to start.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await store.close();
  });
});

test("a call that is in flight when the server dies fails, and is not repeated", async ({ server, open }) => {
  const store = await open();
  const calls = Array.from({ length: 200 }, (_, i) => store.insert([job(`job ${i}`)]));
  const ended = Promise.allSettled(calls);
  await server.crash();
  const failed = (await ended).filter(({ status }) => status === "rejected");
  assert.ok(failed.every((one) => "reason" in one && isPassing(one.reason)));
  const { counts } = await eventually("it works", () => store.stats({ silentForMs: 0 }).catch(() => null));
  assert.ok(counts.PENDING >= 200 - failed.length, "all that were acknowledged are there");
  assert.deepEqual(await store.check(), []);
});

test("a process whose key has expired is dead, long before its silence reaches the stall time", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  // As if the server had been up for a minute.
  await server.command("HSET", "{persistent-queue}:server", "since", String(Date.now() - 60_000));
  assert.deepEqual(await deadOf(store), []);
  await server.command("DEL", "{persistent-queue}:alive:process 2");
  assert.deepEqual(await deadOf(store), [2]);
  assert.deepEqual(await deadOf(other), [], "never the one that looks");
  await other.beat();
  assert.deepEqual(await deadOf(store), []);
});

test("a process whose connections are closed is dead within seconds, unless it has shown itself since", async ({ server, open }) => {
  const [store, other, third] = [await open(), await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  await third.join(process(3));
  await server.command("HSET", "{persistent-queue}:server", "since", String(Date.now() - 60_000));
  for (const pid of [2, 3]) await seenAgo(server, pid, 4_000);
  assert.deepEqual(await deadOf(store), [], "it is held up, and its connections are there");
  await other.close();
  await eventually("it is dead", async () => {
    await seenAgo(server, 1, 0);
    return (await deadOf(store)).join() === "2";
  });
  await seenAgo(server, 2, 1_000);
  assert.deepEqual(await deadOf(store), [], "it may be connecting again");
});

test("after a restart of the server no process is dead because its key is gone", async ({ server, open }) => {
  const [store, other] = [await open(), await open()];
  await store.join(process(1));
  await other.join(process(2));
  await server.command("HSET", "{persistent-queue}:server", "since", String(Date.now() - 60_000));
  await server.command(
    "HSET",
    "{persistent-queue}:process:process 2",
    "seen_at",
    String(Date.now() - 60_000),
  );
  await server.command("DEL", "{persistent-queue}:alive:process 1", "{persistent-queue}:alive:process 2");
  assert.deepEqual(await deadOf(store), [2]);
  await server.crash();
  assert.deepEqual(await eventually("it works", () => deadOf(store).catch(() => null)), []);
});

test("a server that has forgotten the scripts gets them again", async ({ server, open }) => {
  const store = await open();
  await store.insert([job("a")]);
  await server.command("SCRIPT", "FLUSH");
  const [one, two] = await Promise.all([store.insert([job("b")]), store.claim(ONE)]);
  assert.deepEqual([one[0]?.outcome, two.claimed[0]?.id], ["added", "a"]);
});

test("two prefixes are two queues, and a change of one is not reported to the other", async ({ open }) => {
  const [one, two] = [await open("one"), await open("two")];
  let changes = 0;
  using _watch = two.watch(() => changes += 1);
  await one.insert([job("a")]);
  assert.equal(await two.get("a"), null);
  await two.insert([job("a")]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(changes, 0);
  assert.equal((await one.stats({ silentForMs: 0 })).counts.PENDING, 1);
});

test("two databases of one server are two queues, and what happens in one is not heard in the other", async ({ server }) => {
  await using opened = new AsyncDisposableStack();
  const open = async (database: string) => {
    const store = await openStore(`redis://127.0.0.1:${server.port}${database}`, "owner");
    opened.defer(() => store.close());
    return store;
  };
  const [one, two, beside, third] = [await open(""), await open("/1"), await open("/01"), await open("/0")];
  const heard: string[] = [];
  for (const [name, store] of Object.entries({ one, two, beside, third })) {
    opened.use(store.watch(() => heard.push(`${name}: a change`)));
    opened.use(hostsOf(store).hear((text) => heard.push(`${name}: ${text}`)));
  }
  await two.insert([job("a")]);
  await hostsOf(two).tell("hello");
  await eventually("it is heard beside", () => heard.length >= 2);
  await one.insert([job("b")]);
  await hostsOf(one).tell("good day");
  await eventually("it is heard beside", () => heard.length >= 4);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(heard.toSorted(), [
    "beside: a change",
    "beside: hello",
    "third: a change",
    "third: good day",
  ]);
});

test("a server that would remove jobs to make room is refused", async ({ open }) => {
  await assert.rejects(open(), (error) => error instanceof StorageError && /noeviction/.test(error.message));
}, { maxmemory: "64mb", "maxmemory-policy": "allkeys-lru" });

test("while memory is full no job is added, and existing jobs are finished", async ({ server, open }) => {
  const store = await open();
  await store.insert([job("a"), job("b")]);
  await server.command("CONFIG", "SET", "maxmemory", "1mb");
  await assert.rejects(
    store.insert([job("c")]),
    (error) => isPassing(error) && /maxmemory/.test(String(error)),
  );
  const { claimed: [one] } = await store.claim(ONE);
  assert.ok(one);
  assert.deepEqual(await store.settle([{ ...one, verb: "complete", result: null }]), [true]);
  await store.move("cancel", ["b"]);
  assert.equal((await store.prune({ olderThanMs: -1_000, after: 0, limit: 9 })).removed.length, 2);
  assert.deepEqual(await store.check(), []);
});

for (
  const [settings, level, words] of [
    [{ appendonly: "no", save: "3600 1" }, "snapshot", /snapshot/],
    [{ appendonly: "no", save: "" }, "none", /in memory alone, and all of them are lost/],
    [{ appendfsync: "everysec" }, "crash", /last second/],
    [{ appendfsync: "no" }, "crash", /half a minute/],
    [
      { "no-appendfsync-on-rewrite": "yes" },
      "crash",
      /^Jobs of up to half a minute .*: set no-appendfsync-on-rewrite no\.$/,
    ],
    [
      { appendfsync: "everysec", "no-appendfsync-on-rewrite": "yes" },
      "crash",
      /half a minute .*: set appendfsync always and no-appendfsync-on-rewrite no\.$/,
    ],
    [{ "rename-command": "CONFIG hidden" }, "unknown", /does not say/],
  ] as const
) {
  test(`a server with ${JSON.stringify(settings)} is used, with a warning`, async ({ open }) => {
    const { warnings, durability } = await (await open()).stats({ silentForMs: 0 });
    assert.equal(durability, level);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", words);
  }, settings);
}

test("a wrong password is refused with a sentence that does not show it", async ({ server }) => {
  for (const user of ["", ":hunter2@", "queue:hunter2@"]) {
    await assert.rejects(
      openStore(`redis://${user}127.0.0.1:${server.port}`, "owner"),
      (error) => error instanceof StorageError && !error.passing && !/hunter2/.test(error.message),
    );
  }
}, { requirepass: "correct" });

test("a command that needs an existing queue does not create one", async ({ server, open }) => {
  const look = () => openStore(server.url(), "guest", { mustExist: true });
  await assert.rejects(look(), StorageError);
  await open();
  await (await look()).close();
});

test("the check finds what was removed by hand, and it holds up no claim", async ({ server, open }) => {
  const store = await open();
  const [gone] = await store.insert([job("gone"), job("next")]);
  await server.command("DEL", `{persistent-queue}:job:${gone?.job.seq}`);
  await store.claim(ONE);
  const { claimed } = await store.claim(ONE);
  assert.deepEqual((await store.check()).length > 0, true);
  assert.ok((await store.get("next"))?.job.status === "PROCESSING" || claimed[0]?.id === "next");
});

test("the new server does not grant a lease again that was granted before a failover", async ({ server, open }) => {
  const store = await open();
  await store.insert([job("a")]);
  const { claimed: [lost] } = await store.claim(ONE);
  assert.ok(lost);
  // The claim never reached the replica that took over.
  await server.command("FLUSHALL");
  await store.insert([job("a")]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const { claimed: [again] } = await store.claim(ONE);
  assert.equal(again?.seq, lost.seq);
  assert.deepEqual(await store.settle([{ ...lost, verb: "complete", result: null }]), [false]);
});

test("a kind of 65 characters is a RejectedWrite", async ({ open }) => {
  await assert.rejects((await open()).insert([job("a", { kind: "k".repeat(65) })]), RejectedWrite);
});

Deno.test("a URL of Redis that would be misread is refused, without its password", () => {
  for (
    const url of [
      "redis:",
      "redis:///0",
      "redis://user:hunter2@/0",
      "redis://:hunter2@host/jobs",
      "redis://host?prefix=A B",
      "redis://host?prefix=",
    ]
  ) {
    const problem = misreadQueueUrl(url);
    assert.ok(problem !== null, url);
    assert.doesNotMatch(problem, /hunter2/);
  }
  for (
    const url of ["redis://host", "rediss://user:p%40ss@host:7000/3?prefix=jobs_2", "redis://[::1]:6379"]
  ) {
    assert.equal(misreadQueueUrl(url), null, url);
  }
});
