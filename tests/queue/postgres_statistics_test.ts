/** How much a statement on PostgreSQL reads does not depend on how many jobs there were when it was planned. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import type { NewJob, Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const MANY = 5_000;
const TURN = 10;
/** Each connection of the store has its own plans. */
const TURNS_ON_FEW = 12;
/** PostgreSQL 14 counts in a separate process, to which sessions report twice a second. */
const COUNTED_MS = 1_000;

async function add(store: Store, name: string, count: number): Promise<void> {
  const about = { kind: "noop", payload: "null", priority: 0, runAt: null, replace: false };
  const jobs = Array.from({ length: count }, (_, n): NewJob => ({ id: `${name} ${n}`, ...about }));
  for (let from = 0; from < jobs.length;) from += (await store.insert(jobs.slice(from))).length;
}

/** Claims jobs, sends their heartbeats, and completes them. */
async function work(store: Store, limit: number): Promise<void> {
  const { claimed } = await store.claim([{ consumerId: "c", limit, suspect: false }], { kinds: ["noop"] });
  assert.equal(claimed.length, limit);
  const held = claimed.map(() => true);
  assert.deepEqual(await store.renew(claimed), held);
  const ends = claimed.map(({ seq, lease }) => ({ verb: "complete", seq, lease, result: null }) as const);
  assert.deepEqual(await store.settle(ends), held);
}

/** How many entries of the primary key connections have read: the server counts them when a connection ends. */
async function entriesRead(server: PostgresServer): Promise<number> {
  const [row] = await server.sql(
    "SELECT idx_tup_read::int AS entries FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_pkey'",
  );
  return Number(row?.entries);
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so what its statements read is not measured`);
} else {
  Deno.test("a heartbeat and a completion read only their own jobs, though the statistics are those of a small queue", async () => {
    await using server = await postgresServer({ isDurable: false, settings: { autovacuum: "off" } });
    const store = await openStore(server.url(), "owner");
    try {
      await add(store, "few", TURNS_ON_FEW);
      await server.sql("VACUUM ANALYZE persistent_queue.jobs");
      for (let n = 0; n < TURNS_ON_FEW; n++) await work(store, 1);
      await add(store, "one of many", MANY);
      await work(store, TURN);
    } finally {
      await store.close();
    }
    await eventually("it is counted", async () => await entriesRead(server) >= TURNS_ON_FEW + TURN);
    await new Promise((resolve) => setTimeout(resolve, COUNTED_MS));
    const read = await entriesRead(server);
    assert.ok(read < MANY, `${read} entries were read for ${TURN} of ${MANY} jobs`);
  });
}
