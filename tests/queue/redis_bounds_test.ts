/** Redis runs one script at a time: however many jobs there are, no script looks at more than a few hundred. */
import assert from "node:assert/strict";
import type { OrphanRequest, Store } from "../../queue/store.ts";
import { openRedisStore } from "../../queue/redis/open_store.ts";
import { storedJob } from "../conformance/dump.ts";
import { addAll, newJob, NOW, PROCESS, retryIn } from "../conformance/stage.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

const MANY = 3_000;
const HOUR_MS = 3_600_000;
/** A few commands for each of the jobs that one script may look at. */
const MAX_COMMANDS = 2_000;
const ALIVE = { agoMs: 30_000, aheadMs: 60_000 };

interface Stage {
  readonly server: RedisServer;
  /** The mean number of commands per script during `work`. */
  commandsAScript(work: () => Promise<unknown>): Promise<number>;
  open(prefix?: string): Promise<Store>;
}

function test(sentence: string, body: (stage: Stage) => Promise<void>) {
  Deno.test({
    name: `redis: ${sentence}`,
    ignore: whyNoRedis() !== null,
    fn: async () => {
      await using server = await redisServer({}, { isDurable: false });
      const opened: Store[] = [];
      const open = async (prefix = "persistent-queue") => {
        const store = await openRedisStore(server.url(prefix), { role: "owner", clock: () => NOW });
        opened.push(store);
        return store;
      };
      try {
        await body({ server, open, commandsAScript: (work) => commandsAScript(server, work) });
      } finally {
        for (const store of opened) await store.close();
      }
    },
  });
}

async function commandsAScript(server: RedisServer, work: () => Promise<unknown>): Promise<number> {
  await server.command("CONFIG", "RESETSTAT");
  await work();
  const stats = String(await server.command("INFO", "commandstats"));
  let [scripts, commands] = [0, 0];
  for (
    const [, name = "", calls, failed] of stats.matchAll(
      /^cmdstat_([^:]+):calls=(\d+),.*failed_calls=(\d+)/gm,
    )
  ) {
    // A call of a script that the server does not know yet fails and is repeated.
    if (name.startsWith("eval")) scripts += Number(calls) - Number(failed);
    else commands += Number(calls);
  }
  return commands / scripts;
}

/** In flight, and held by a process that has a row. */
async function holdMany(store: Store): Promise<void> {
  await store.join(PROCESS);
  await addAll(store, Array.from({ length: MANY }, (_, i) => newJob(`${i}`)));
  for (let left = MANY; left > 0; left -= 500) {
    await store.claim([{ consumerId: "c", limit: 500, suspect: false }]);
  }
}

async function restoreMany(
  store: Store,
  count: number,
  facts: Parameters<typeof storedJob>[1],
): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    const length = Math.min(500, count - i);
    await store.restore(Array.from({ length }, (_, n) => storedJob(`${i + n}`, facts)));
  }
}

test("the many jobs of a dead process, of none or of silent consumers hold up the server only for moments", async ({ open, commandsAScript }) => {
  const [store, dead] = [await open(), await open()];
  await holdMany(dead);
  const look = async (request: Partial<OrphanRequest>) => {
    let ids: string[] = [];
    const commands = await commandsAScript(async () => {
      ids = (await store.orphans({ process: null, limit: 1_000_000, ...request })).map(({ id }) => id);
    });
    assert.ok(commands < MAX_COMMANDS, `${commands} commands a script`);
    return ids;
  };
  const all = Array.from({ length: MANY }, (_, i) => `${i}`);
  const silent = { alive: { agoMs: -1, aheadMs: 60_000 }, held: [] };
  assert.deepEqual(await look({ process: PROCESS.id }), all);
  assert.deepEqual(await look({ process: PROCESS.id, limit: 1_234 }), all.slice(0, 1_234));
  assert.deepEqual(await look({ process: null }), [], "the process has a row");
  assert.deepEqual(await look(silent), [], "it sweeps its own jobs");
  await store.leave(PROCESS.id);
  assert.deepEqual(await look({ process: null }), all);
  assert.deepEqual(await look(silent), all);
  assert.equal((await look({ ...silent, limit: 1_234 })).length, 1_234);
});

test("silent jobs are found before and after very many that are alive", async ({ open }) => {
  const store = await open();
  const inFlight = { status: "PROCESSING", consumerId: "c", lease: 1 } as const;
  const [old, ahead] = [NOW - HOUR_MS, NOW + HOUR_MS];
  await store.restore([storedJob("ahead", { ...inFlight, lastHeartbeat: ahead })]);
  await restoreMany(store, MANY, { ...inFlight, lastHeartbeat: NOW });
  const late = Array.from(
    { length: 700 },
    (_, i) => storedJob(`old ${i}`, { ...inFlight, lastHeartbeat: old + i }),
  );
  await store.restore(late);
  const found = await store.orphans({ alive: ALIVE, held: [], limit: 1_000 });
  assert.deepEqual(found.map(({ id }) => id), ["ahead", ...late.map(({ id }) => id)]);
});

test("a list of silent jobs shows every one of very many once, newest first", async ({ open }) => {
  const store = await open();
  await holdMany(store);
  await addAll(store, [newJob("waits")]);
  const ids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await store.list({
      limit: 200,
      rows: 300,
      silentForMs: -1,
      ...cursor === "" ? {} : { cursor },
    });
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.next;
  }
  assert.deepEqual(ids, Array.from({ length: MANY }, (_, i) => `${MANY - 1 - i}`));
});

for (const [which, runAt] of [["due", NOW - 1], ["delayed", NOW + HOUR_MS]] as const) {
  test(`${which} suspects cost a claim and the statistics the same, however many they are`, async ({ open, commandsAScript }) => {
    const costOf = async (prefix: string, count: number) => {
      const store = await open(prefix);
      await restoreMany(store, count, { suspect: true, crashes: 2, runAt });
      const requests = [{ consumerId: "c", limit: 1, suspect: true }, {
        consumerId: "d",
        limit: 9,
        suspect: false,
      }];
      return [
        await commandsAScript(() => store.claim(requests, { kinds: ["file"] })),
        await commandsAScript(() => store.claim(requests, { kinds: ["mail"] })),
        await commandsAScript(() => store.stats({ silentForMs: 0 })),
        await commandsAScript(() => store.check()),
      ];
    };
    assert.deepEqual(await costOf("many", MANY), await costOf("few", 3));
  });
}

test("a clock rollback moves very many suspects and jobs in flight in parts", async ({ open, commandsAScript }) => {
  const store = await open();
  const setBack = { from: NOW + HOUR_MS, to: NOW };
  const inFlight = { status: "PROCESSING", consumerId: "c", lease: 1, lastHeartbeat: NOW } as const;
  await restoreMany(store, MANY, { suspect: true, crashes: 2, runAt: NOW + 9 });
  const held = Array.from(
    { length: MANY },
    (_, i) => storedJob(`held ${i}`, { ...inFlight, runAt: setBack.from + 5 }),
  );
  for (let i = 0; i < MANY; i += 500) await store.restore(held.slice(i, i + 500));
  const commands = await commandsAScript(() =>
    store.claim([{ consumerId: "d", limit: 1, suspect: false }], { setBack })
  );
  assert.ok(commands < MAX_COMMANDS, `${commands} commands a script`);
  assert.deepEqual(await store.check(), []);
  const { claimed } = await store.claim([{ consumerId: "c", limit: 1, suspect: true }]);
  assert.deepEqual(claimed.map(({ id }) => id), ["0"], "suspects stay due");
  for (const id of ["held 0", `held ${MANY - 1}`]) assert.equal((await store.get(id))?.job.runAt, NOW + 5);
});

test("a clock rollback that is repeated after an error shortens no wait twice", async ({ open }) => {
  const store = await open();
  await addAll(store, [newJob("a")]);
  const { claimed: [held] } = await store.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.ok(held);
  assert.deepEqual(await store.settle([retryIn(HOUR_MS, held)]), [true]);
  const request = [{ consumerId: "c", limit: 1, suspect: false }];
  for (const late of [0, 3]) {
    await store.claim(request, { setBack: { from: NOW + 1_000, to: NOW + late } });
    assert.equal((await store.get("a"))?.job.runAt, NOW + HOUR_MS - 1_000);
  }
});

test("suspects of a queue of the first version are found again after an upgrade, however many they are", async ({ server, open }) => {
  const store = await open();
  await restoreMany(store, MANY, { suspect: true, crashes: 2, runAt: NOW - 1 });
  const all = "{persistent-queue}:suspects";
  const members = await suspectsInOldPlace(server);
  await server.command("SET", "{persistent-queue}:version", "1");

  const guest = openRedisStore(server.url(), { role: "guest" });
  await assert.rejects(guest, /made by an older release \(1, this one has 2\): start the system once/);
  const [upgraded] = await Promise.all([open(), open()]);
  assert.deepEqual(await upgraded.check(), []);
  assert.equal(await server.command("EXISTS", all), 0);
  const [last = ""] = members.slice(-1).map(String);
  // A process of the earlier release that is still running does this.
  await server.command("ZADD", all, "0", `${last}:file`);
  await server.command("ZREM", `${all}:file`, last);
  await open();
  assert.deepEqual(await upgraded.check(), []);
  const { claimed } = await upgraded.claim([{ consumerId: "c", limit: 1, suspect: true }]);
  assert.deepEqual(claimed.map(({ id }) => id), ["0"]);
});

test("suspects that a host of the earlier release leaves in an upgraded queue are all found at the next start", async ({ server, open }) => {
  const store = await open();
  await restoreMany(store, MANY, { suspect: true, crashes: 2, runAt: NOW - 1 });
  await suspectsInOldPlace(server);
  const upgraded = await open();
  assert.deepEqual(await upgraded.check(), []);
  assert.equal(await server.command("EXISTS", "{persistent-queue}:suspects"), 0);
});

/** Moves all suspects to where the first version kept them, and returns their places in the line. */
async function suspectsInOldPlace(server: RedisServer): Promise<unknown[]> {
  const all = "{persistent-queue}:suspects";
  const places = await server.command("ZRANGE", `${all}:file`, "0", "-1");
  assert.ok(Array.isArray(places) && places.length === MANY);
  for (let i = 0; i < MANY; i += 500) {
    await server.command("ZADD", all, ...places.slice(i, i + 500).flatMap((place) => ["0", `${place}:file`]));
  }
  await server.command("DEL", `${all}:file`, "{persistent-queue}:suspect-kinds");
  return places;
}

test("waiting jobs that were edited by hand are moved once when the clock is set back, however many they are", async ({ server, open }) => {
  const store = await open();
  await restoreMany(store, MANY, { runAt: NOW + 9 });
  for (let seq = 1; seq <= MANY; seq++) {
    await server.command("HSET", `{persistent-queue}:job:${seq}`, "priority", "7");
  }
  const setBack = { from: NOW + HOUR_MS, to: NOW };
  const { claimed } = await store.claim([{ consumerId: "d", limit: 5, suspect: false }], { setBack });
  assert.equal(claimed.length, 5);
  assert.deepEqual(await store.check(), []);
});
