/** An old snapshot on the server, such as that of a `pg_dump`, keeps the entries of all jobs that have left the line. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { openStore } from "../../queue/get_queue.ts";
import type { Claimed, Store } from "../../queue/store.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const GONE = 150_000;
const WAITING = 6_000;
const CLAIMS = 40;
const LIMIT = 100;
const KINDS = ["noop"];
/** A claim that finds the line itself steps over those that are gone at least so many times. */
const LEAST_WALKS = 2;

async function claim(store: Store): Promise<readonly Claimed[]> {
  const request = { consumerId: "c", limit: LIMIT, suspect: false };
  return (await store.claim([request], { kinds: KINDS })).claimed;
}

async function entriesRead({ sql }: PostgresServer): Promise<number> {
  const [row] = await sql(
    "SELECT idx_tup_read::int AS entries FROM pg_stat_user_indexes WHERE indexrelname = 'jobs_claim'",
  );
  return Number(row?.entries);
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no snapshot is held there`);
} else {
  Deno.test("claims behind an old snapshot do not step over all that has left the line, each of them, and miss no job", async () => {
    await using server = await postgresServer({ isDurable: false });
    const store = await openStore(server.url("q"), "owner");
    const add = (name: string, count: number, priority: number) =>
      server.sql(`INSERT INTO q.jobs (id, kind, priority, run_at)
        SELECT '${name} ' || n, 'noop', ${priority}, n FROM generate_series(1, ${count}) AS n`);
    await add("gone", GONE, 1);
    const snapshot = postgres({
      ...{ host: "127.0.0.1", port: server.port, user: "queue", database: "postgres" },
      ...{ max: 1, max_lifetime: null, onnotice() {} },
    });
    await snapshot.unsafe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM q.jobs LIMIT 1").simple();
    await server.sql("UPDATE q.jobs SET status = 'COMPLETED', finished_at = 1");
    await add("waiting", WAITING, 0);
    try {
      const ids: string[] = [];
      for (let n = 0; n < CLAIMS; n++) ids.push(...(await claim(store)).map(({ id }) => id));
      assert.deepEqual(ids, Array.from({ length: CLAIMS * LIMIT }, (_, n) => `waiting ${n + 1}`));
      // These come before where the line was last known to begin.
      await server.sql("UPDATE q.jobs SET status = 'PENDING' WHERE id IN ('waiting 1', 'waiting 77')");
      await add("urgent", 3, 5);
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
      await snapshot.end({ timeout: 1 });
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const read = await entriesRead(server);
    assert.ok(read < CLAIMS * LEAST_WALKS * GONE / 2, `${read} entries were read`);
  });
}
