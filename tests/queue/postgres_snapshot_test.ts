/** An old snapshot, such as that of a `pg_dump`, keeps the index entries of all jobs that have left the line. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { openStore } from "../../queue/get_queue.ts";
import type { Claimed, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** So many that a claim which steps over all of them is slow on a fast machine, too. */
const GONE = 300_000;
const WAITING = 6_000;
const CLAIMS = 40;
const LIMIT = 100;
const KINDS = ["noop"];
const FEW_GONE = 20_000;
const FIVE = { priority: "n % 5" };
const PAUSE_MS = 5;
/** PostgreSQL 14 counts in a separate process, to which sessions report twice a second. */
const COUNTED_MS = 1_000;

async function claim(store: Store, limit = LIMIT): Promise<readonly Claimed[]> {
  const request = { consumerId: "c", limit, suspect: false };
  return (await store.claim([request], { kinds: KINDS })).claimed;
}

async function entriesRead({ sql }: PostgresServer): Promise<number> {
  const [row] = await sql(
    "SELECT idx_tup_read::int AS entries FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_claim'",
  );
  return Number(row?.entries);
}

interface Jobs {
  readonly priority: number | string;
  readonly kind?: string;
  /** Their run times begin after this. */
  readonly after?: number;
}

function add(
  { sql }: PostgresServer,
  name: string,
  count: number,
  { priority, kind = "noop", after = 0 }: Jobs,
) {
  return sql(`INSERT INTO q.jobs (id, kind, priority, run_at, created_at)
    SELECT '${name} ' || n, '${kind}', ${priority}, n + ${after}, 0 FROM generate_series(1, ${count}) AS n`);
}

/** Opens a snapshot, after which all waiting jobs leave the line. */
async function openSnapshot({ sql, port }: PostgresServer): Promise<AsyncDisposable> {
  const own = postgres({
    ...{ host: "127.0.0.1", port, user: "queue", database: "postgres" },
    ...{ max: 1, max_lifetime: null, onnotice() {} },
  });
  await own.unsafe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM q.jobs LIMIT 1").simple();
  await sql("UPDATE q.jobs SET status = 'COMPLETED', finished_at = 1");
  return { [Symbol.asyncDispose]: () => own.end({ timeout: 1 }) };
}

interface Line extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly store: Store;
}

/** Very many jobs have left the line, and a snapshot keeps their dead entries in front of the waiting jobs. */
async function lineBehindSnapshot(): Promise<Line> {
  const held = new AsyncDisposableStack();
  const server = held.use(await postgresServer({ isDurable: false }));
  const store = await openStore(server.url("q"), "owner");
  await add(server, "gone", GONE, { priority: 1 });
  held.use(await openSnapshot(server));
  await add(server, "waiting", WAITING, { priority: 0 });
  return { server, store, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no snapshot is held there`);
} else {
  Deno.test("claims with an old snapshot do not each step over all dead entries, and miss no job", async () => {
    await using line = await lineBehindSnapshot();
    const { server, store } = line;
    try {
      const ids: string[] = [];
      for (let n = 0; n < CLAIMS; n++) ids.push(...(await claim(store)).map(({ id }) => id));
      assert.deepEqual(ids, Array.from({ length: CLAIMS * LIMIT }, (_, n) => `waiting ${n + 1}`));
      // These come before the last known head of the line.
      await server.sql("UPDATE q.jobs SET status = 'PENDING' WHERE id IN ('waiting 1', 'waiting 77')");
      await add(server, "urgent", 3, { priority: 5 });
      const rest: string[] = [];
      for (let some = await claim(store); some.length > 0; some = await claim(store)) {
        rest.push(...some.map(({ id }) => id));
      }
      const left = Array.from(
        { length: WAITING - CLAIMS * LIMIT },
        (_, n) => `waiting ${CLAIMS * LIMIT + n + 1}`,
      );
      const expected = [...left, "waiting 1", "waiting 77", "urgent 1", "urgent 2", "urgent 3"];
      assert.deepEqual(rest.toSorted(), expected.toSorted());
    } finally {
      await store.close();
    }
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    const read = await entriesRead(server);
    assert.ok(read < CLAIMS * GONE / 2, `${read} entries were read`);
  });

  Deno.test("a job with a new priority, and one that was put back, are claimed while many others keep waiting", async () => {
    await using line = await lineBehindSnapshot();
    const { server, store } = line;
    try {
      for (let n = 0; n < CLAIMS; n++) await claim(store);
      await add(server, "urgent", 1, { priority: 5 });
      await server.sql("UPDATE q.jobs SET status = 'PENDING' WHERE id = 'waiting 1'");
      const early = ["urgent 1", "waiting 1"];
      const found: string[] = [];
      // One at a time, so that others still wait when they are found.
      for (let n = CLAIMS * LIMIT; n < WAITING && found.length < early.length; n++) {
        const [job] = await claim(store, 1);
        if (job !== undefined && early.includes(job.id)) found.push(job.id);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      assert.deepEqual(found, early);
    } finally {
      await store.close();
    }
  });

  Deno.test("with five priorities a claim and the queries of the pages step over the dead entries once each", async () => {
    await using server = await postgresServer({ isDurable: false });
    const store = await openStore(server.url("q"), "owner");
    await add(server, "gone", FEW_GONE, FIVE);
    await using _ = await openSnapshot(server);
    await add(server, "waiting", 500, { ...FIVE, after: FEW_GONE });
    for (const kind of ["file", "nook", "zip"]) await add(server, kind, 2, { priority: 0, kind });
    try {
      const ids = (await claim(store, 101)).map(({ id }) => id);
      const expected = Array.from({ length: 100 }, (_, n) => `waiting ${5 * n + 4}`);
      assert.deepEqual(ids, [...expected, "waiting 3"]);
      const { oldestDueAt, parked } = await store.stats({ silentForMs: 60_000 });
      assert.equal(oldestDueAt, FEW_GONE + 1);
      assert.deepEqual(parked, ["file", "nook", "zip"].map((kind) => ({ kind, count: 2 })));
    } finally {
      await store.close();
    }
    await eventually("it is counted", async () => await entriesRead(server) >= 2 * FEW_GONE);
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    const read = await entriesRead(server);
    // The claim, the lookup that follows a slow claim, and the pages.
    assert.ok(read < 3.5 * FEW_GONE, `${read} entries were read for ${FEW_GONE} that have left the line`);
  });
}
