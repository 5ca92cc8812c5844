/** How a store on PostgreSQL copes with a server that is down, silent, full, or no longer the primary. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import { toQueueError } from "../../queue/postgres/faults.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { holding } from "../support/servers/postgres_locks.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type Relay, relayTo } from "../support/servers/relay.ts";

const JOB: NewJob = { id: "one", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
const PROCESS = { id: crypto.randomUUID(), host: "here", pid: 1, version: "1.2.3" };
const ROLE = "worker";
/** The server counts as silent after three seconds. */
const NOTICED_MS = 4_500;

interface Stage {
  readonly server: PostgresServer;
  readonly relay: Relay;
  /** It reaches the server through the relay. */
  readonly store: Store;
  readonly schema: string;
}

let server: PostgresServer;
let count = 0;

function test(sentence: string, body: (stage: Stage) => Promise<void>): void {
  Deno.test(`postgres: ${sentence}`, async () => {
    const schema = `connection_${++count}`;
    await using relay = relayTo(server.port);
    const store = await openStore(
      `postgres://${ROLE}@127.0.0.1:${relay.port}/postgres?schema=${schema}`,
      "owner",
    );
    try {
      await body({ server, relay, store, schema });
    } finally {
      await store.close();
    }
  });
}

/** A query for the connection of the process that has joined. */
function sessionOf(schema: string): string {
  return `(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = (SELECT n FROM ${schema}.processes)::oid)`;
}

const failure = (call: Promise<unknown>) => call.then(() => "it worked", (error) => String(error.message));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so its connections are not tested here`);
} else {
  Deno.test.beforeAll(async () => {
    server = await postgresServer({ isDurable: false });
    await server.sql(`CREATE ROLE ${ROLE} LOGIN; GRANT CREATE ON DATABASE postgres TO ${ROLE}`);
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

  test("locked jobs that are to be replaced hold up no other jobs that are added or replaced", async ({ server, store, schema }) => {
    const finished = Array.from({ length: 30 }, (_, n) => ({ ...JOB, id: `finished ${n}` }));
    await store.insert(finished);
    await store.move("cancel", finished.map(({ id }) => id));
    await using lock = await holding(server, `SELECT 1 FROM ${schema}.jobs FOR UPDATE`);
    const replacing = finished.map((job) => failure(store.insert([{ ...job, replace: true }])));
    await Promise.race(replacing);
    const since = performance.now();
    await Promise.all([store.insert([JOB]), store.insert([{ ...JOB, id: "replaced", replace: true }])]);
    const tookMs = performance.now() - since;
    assert.ok(
      tookMs < replacing.length * 1_000 / 2,
      `each locked job holds up its own call only (${tookMs} ms)`,
    );
    assert.match(
      (await Promise.all(replacing)).join(),
      /^(A job is locked by another program: [^,]*,?){30}$/,
    );
    const allTookMs = performance.now() - since;
    assert.ok(allTookMs < 15_000, `they took ${allTookMs} ms, as if each had waited for a second again`);
    await lock.release();
  });

  test("a proxy without a server behind it does not get hundreds of connections, and calls fail at once", async ({ relay, store }) => {
    relay.cut();
    const asked = relay.asked.length;
    const since = performance.now();
    for (let n = 0; n < 10; n++) {
      assert.match(await failure(store.insert([JOB])), /^PostgreSQL cannot be reached \(/);
      await sleep(50);
    }
    assert.ok(performance.now() - since < 4_000, "the calls did not wait");
    assert.ok(relay.asked.length - asked <= 20, `it asked ${relay.asked.length - asked} times`);
    relay.mend();
    await eventually("it works", () => store.insert([JOB]).then(() => true, () => false));
  });

  test("calls that wait for a connection fail with it, and do not wait until they are given up", async ({ relay, store }) => {
    await store.join(PROCESS);
    relay.cut();
    const told: string[] = [];
    for (let n = 0; n < 20; n++) {
      const calls = [store.beat(), store.beat(), store.processes({ silentForMs: 30_000 }), store.beat()];
      told.push(...await Promise.all(calls.map(failure)));
      await sleep(50);
    }
    assert.deepEqual(told.filter((message) => !message.startsWith("PostgreSQL cannot be reached (")), []);
  });

  test("a store that is closed while the server is down leaves no timer behind", async ({ relay, store }) => {
    relay.cut();
    await eventually("a call fails", () => store.insert([JOB]).then(() => false, () => true));
    // By now the driver waits for a long time between tries.
    await sleep(1_000);
    await store.close();
  });

  test("a user who is locked out for a while does not end the store: it continues when the user is let in again", async ({ server, relay, store }) => {
    await server.sql(`ALTER ROLE ${ROLE} NOLOGIN`);
    relay.endAll();
    const refused = await eventually(
      "it is refused",
      () => store.insert([JOB]).then(() => null, (error) => /refuses this user/.test(error.message) && error),
    );
    assert.ok(refused instanceof StorageError && refused.passing);
    await server.sql(`ALTER ROLE ${ROLE} LOGIN`);
    await eventually("it works", () => store.insert([JOB]).then(() => true, () => false));
  });

  test("what is acknowledged is on disk, and a dead host is found, whatever settings the user's role has", async ({ server, relay, store, schema }) => {
    // Only a session itself knows its settings.
    await server.sql(`CREATE TABLE ${schema}.seen (name text, setting text);
      CREATE FUNCTION ${schema}.look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO ${schema}.seen SELECT name, current_setting(name)
          FROM unnest(ARRAY['synchronous_commit', 'tcp_user_timeout']) AS of (name);
        RETURN NULL;
      END $$;
      CREATE TRIGGER look AFTER INSERT ON ${schema}.jobs EXECUTE FUNCTION ${schema}.look();
      ALTER ROLE ${ROLE} SET synchronous_commit = off`);
    try {
      relay.endAll();
      await eventually("it works", () => store.insert([JOB]).then(() => true, () => false));
    } finally {
      await server.sql(`ALTER ROLE ${ROLE} RESET synchronous_commit`);
    }
    const seen = await server.sql(`SELECT name, setting FROM ${schema}.seen ORDER BY name LIMIT 2`);
    assert.deepEqual(seen.map(({ name, setting }) => `${name} ${setting}`), [
      "synchronous_commit on",
      "tcp_user_timeout 11000",
    ]);
  });

  test("a store leaves a server that takes no writes, because another one may have its address by now", async ({ server, relay, store, schema }) => {
    await server.sql(`ALTER ROLE ${ROLE} SET default_transaction_read_only = on`);
    try {
      relay.endAll();
      await eventually(
        "it is read-only",
        async () => /takes no writes here/.test(await failure(store.insert([JOB]))),
      );
    } finally {
      await server.sql(`ALTER ROLE ${ROLE} RESET default_transaction_read_only`);
    }
    // The connections made in the meantime stay read-only for ever.
    await eventually("it works", () => store.insert([JOB]).then(() => true, () => false));
    assert.equal((await server.sql(`SELECT count(*)::int AS n FROM ${schema}.jobs`))[0]?.n, 1);
  });

  test("a process takes its lock again once the server has noticed that the lost connection is gone", async ({ server, store, schema }) => {
    await store.join(PROCESS);
    const place = `hashtext('persistent_queue.${schema}'), (SELECT n FROM ${schema}.processes)`;
    const session = sessionOf(schema);
    // This session waits for the lock, and gets it as soon as the connection is gone.
    const foreign = server.sql(`SELECT pg_advisory_lock(${place}); SELECT pg_sleep(2)`);
    await eventually(
      "it waits",
      async () =>
        (await server.sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")).length === 1,
    );
    await server.sql(`SELECT pg_terminate_backend(${session})`);
    await sleep(500);
    await eventually("it has another connection", () => store.probe().then(() => true, () => false));
    await foreign;
    const isHeld = async () => {
      await store.probe().catch(() => {});
      return (await server.sql(`SELECT ${session} AS pid`))[0]?.pid !== null;
    };
    await eventually("the process has its lock", isHeld);
  });

  test("a lost connection does not fail the calls that are in flight on the others", async ({ server, store, schema }) => {
    const locked = failure(
      server.sql(`BEGIN; LOCK TABLE ${schema}.jobs IN EXCLUSIVE MODE; SELECT pg_sleep(20)`),
    );
    const locker =
      `FROM pg_locks WHERE relation = '${schema}.jobs'::regclass AND mode = 'ExclusiveLock' AND granted`;
    const waiting =
      `FROM pg_stat_activity WHERE application_name = 'persistent-queue' AND wait_event_type = 'Lock'`;
    const pidsOf = async (them: string) =>
      (await server.sql(`SELECT pid ${them}`)).map(({ pid }) => Number(pid));
    const end = (pid: number | undefined) => server.sql(`SELECT pg_terminate_backend(${pid})`);
    await eventually("the table is locked", async () => (await pidsOf(locker)).length === 1);
    const lost = failure(store.insert([JOB]));
    await eventually("it waits", async () => (await pidsOf(waiting)).length === 1);
    const [first] = await pidsOf(waiting);
    const kept = failure(store.insert([{ ...JOB, id: "two" }]));
    await eventually("the other waits", async () => (await pidsOf(waiting)).length === 2);
    await end(first);
    assert.match(await lost, /^PostgreSQL (cannot be reached|is being stopped) \(/);
    await end((await pidsOf(locker))[0]);
    assert.equal(await kept, "it worked");
    await locked;
  });

  test("a probe notices within seconds that the server is silent, whichever connection it is", async ({ server, store, schema }) => {
    await store.join(PROCESS);
    await Promise.all([
      store.insert([JOB]),
      store.get(JOB.id),
      store.check(),
      store.stats({ silentForMs: 1 }),
    ]);
    const rows = await server.sql(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'persistent-queue' AND pid <> ${
        sessionOf(schema)
      }`,
    );
    assert.ok(rows.length > 0);
    const pids = rows.map(({ pid }) => Number(pid));
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    try {
      const since = performance.now();
      await eventually(
        "it says so",
        async () => /^PostgreSQL does not answer \(/.test(await failure(store.probe())),
        {
          withinMs: NOTICED_MS,
        },
      );
      assert.ok(performance.now() - since < NOTICED_MS);
    } finally {
      for (const pid of pids) Deno.kill(pid, "SIGCONT");
    }
  });

  for (const what of ["beat", "processes", "leave", "probe"] as const) {
    test(`a server that falls silent during "${what}" is noticed within seconds, not when a statement is given up`, async ({ server, store }) => {
      await store.join(PROCESS);
      // A server that has just answered a probe is not probed again.
      await sleep(500);
      const calls = {
        beat: () => store.beat(),
        processes: () => store.processes({ silentForMs: 30_000 }),
        leave: () => store.leave("another"),
        probe: () => store.probe(),
      };
      const goOn = server.pause();
      try {
        const since = performance.now();
        const write = failure(store.insert([JOB]));
        assert.match(await failure(calls[what]()), /^PostgreSQL does not answer \(/);
        assert.match(await write, /^PostgreSQL does not answer \(/, "as every call in flight says");
        assert.ok(performance.now() - since < NOTICED_MS);
      } finally {
        goOn();
      }
      await eventually("it works", () => store.insert([JOB]).then(() => true, () => false));
    });
  }
}

Deno.test("a connection that breaks while a statement is sent is reported as lost", () => {
  const broken = Object.assign(new Error("This socket has been ended by the other party"), { code: "EPIPE" });
  const error = toQueueError(broken, {
    place: "db.example.com/jobs",
    hasAnswered: true,
    isWithoutTls: false,
  });
  assert.match(error.message, /^PostgreSQL cannot be reached \(db\.example\.com\/jobs: /);
  assert.ok(error instanceof StorageError && error.passing);
});

/** What a server says of a lock on a row, in some of its languages. */
const ROW_LOCKS = [
  'while locking tuple (0,1) in relation "jobs"',
  "beim Sperren von Tupel (0,1) in Relation »jobs«",
  "lors du verrouillage de la ligne (0,1) dans la relation « jobs »",
  'при блокировке кортежа (0,1) в отношении "jobs"',
  '0,1 튜플을 "jobs" 릴레이션에서 잠그는 중에 발생',
  'リレーション"jobs"のタプル(0,1)のロック中',
  '当锁定关系"jobs"的元组(0, 1)时',
];

Deno.test("one job that is locked is told from a locked table whatever the language of the server", () => {
  const told = (where?: string) => {
    const locked = Object.assign(new Error("canceling statement due to lock timeout"), {
      code: "55P03",
      where,
    });
    return toQueueError(locked, { place: "db", hasAnswered: true, isWithoutTls: false });
  };
  for (const where of ROW_LOCKS) {
    const error = told(where);
    assert.ok(error instanceof StorageError && error.ofSomeJobs, where);
    assert.match(error.message, /^A job is locked by another program/);
  }
  const ofTable = told();
  assert.ok(ofTable instanceof StorageError && !ofTable.ofSomeJobs);
});
