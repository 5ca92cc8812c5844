/** Statements on large tables of PostgreSQL. */
import assert from "node:assert/strict";
import { openStore, type Store } from "@persistent-queue/queue";
import { SET_BACK } from "../../queue/postgres/set_back.ts";
import { READING } from "../../queue/postgres/read_statements.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const why = whyNoPostgres();

interface Table {
  readonly server: PostgresServer;
  readonly store: Store;
  sql(statements: string): ReturnType<PostgresServer["sql"]>;
}

function tableTest(name: string, fn: (table: Table) => Promise<void>): void {
  Deno.test({
    name: why === null ? name : `${name} (skipped: ${why})`,
    ignore: why !== null,
    async fn() {
      await using server = await postgresServer();
      const store = await openStore(server.url("q"), "owner");
      try {
        await fn({ server, store, sql: (statements) => server.sql(`SET search_path = q; ${statements}`) });
      } finally {
        await store.close();
      }
    },
  });
}

/** The plan of a statement in a session of the queue, and the most rows that one of its steps has read. */
async function planOf({ sql }: Table, statement: string): Promise<{ plan: string; most: number }> {
  const rows = await sql(`SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET enable_material = off; SET jit = off;
    EXPLAIN (ANALYZE, TIMING OFF) ${statement}`);
  const plan = JSON.stringify(rows.flat());
  const read = [...plan.matchAll(/(?:actual rows=|Removed by Filter: )(\d+)/g)].map(([, count]) =>
    Number(count)
  );
  assert.ok(read.length > 5, plan);
  return { plan, most: Math.max(...read) };
}

tableTest(
  "the kinds without a handler are found with one step each, however old the statistics are",
  async (table) => {
    await table.sql(`ALTER TABLE jobs SET (autovacuum_enabled = off);
    INSERT INTO jobs (id, status, finished_at) SELECT 'old' || i, 'COMPLETED', 1 FROM generate_series(1, 20000) i;
    ANALYZE jobs;
    INSERT INTO jobs (id, kind) SELECT 'waits' || i, 'k' || i % 2 FROM generate_series(1, 50000) i;`);
    const statement = READING.parked.replaceAll("$1::", "'{}'::").replaceAll("$2::", "20::").replaceAll(
      "$3::",
      "9::",
    );
    const { plan, most } = await planOf(table, statement);
    assert.ok(most < 100, plan);
  },
);

tableTest("a clock rollback costs nothing if no run time has to follow", async (table) => {
  await table.sql(
    `INSERT INTO jobs (id, run_at) SELECT 'due' || i, i FROM generate_series(1, 50000) i; ANALYZE jobs;`,
  );
  const statement = SET_BACK.keepDue.replaceAll("$1::", "60000::").replaceAll("$2::", "70000::")
    .replaceAll("$3::", "1000::").replaceAll("$4::", "NULL::");
  const { plan, most } = await planOf(table, statement);
  assert.ok(most < 100, plan);
});

tableTest(
  "after a clock rollback thousands of jobs stay due, and a locked one holds up no other",
  async (table) => {
    const { store, server } = table;
    const at = Date.now();
    await table.sql(`INSERT INTO jobs (id, run_at, suspect)
    SELECT 'due' || i, ${at} + i, (i < 3)::int FROM generate_series(1, 3500) i;
    INSERT INTO jobs (id, run_at) VALUES ('later', ${at} + 9000);`);
    const holder = server.sql(`SET search_path = q; BEGIN; SELECT 1 FROM jobs WHERE id = 'due7' FOR UPDATE;
    SELECT pg_sleep(2); COMMIT`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const setBack = { from: at + 5_000, to: at };
    const { claimed } = await store.claim([{ consumerId: "c", limit: 1, suspect: false }], { setBack });
    assert.equal(claimed.length, 1);
    const counts = await table.sql(`SELECT count(*) FILTER (WHERE run_at = ${at})::int AS due,
    count(*) FILTER (WHERE run_at = ${at} + 9000)::int AS later FROM jobs`);
    assert.deepEqual({ ...counts.flat()[0] }, { due: 3_499, later: 1 });
    await holder;
  },
);
