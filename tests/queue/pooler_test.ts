/** A pooler in front of PostgreSQL that drops the queue's session settings is refused before anything is written. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import { pooler, type PoolerOptions, whyNoPooler } from "../support/servers/pooler.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** What an operator lets a pooler drop until it no longer complains. */
const ALL = [
  ...["search_path", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"],
  ...["persistent_queue.store"],
  ...["enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit"],
  ...["plan_cache_mode", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"],
  ...["tcp_user_timeout", "synchronous_commit", "default_transaction_isolation", "array_nulls"],
];

const CASES: Readonly<Record<string, { with: Omit<PoolerOptions, "server">; says: RegExp }>> = {
  "that refuses session settings": {
    with: { mode: "session", drops: [] },
    says: /^A pooler refuses .*: name the server itself in QUEUE_URL \(127\.0\.0\.1:\d+\/postgres: /,
  },
  "that drops session settings": {
    with: { mode: "session", drops: ALL },
    says: /^A pooler drops .*: name the server itself in QUEUE_URL \(127\.0\.0\.1:\d+\/postgres\)\.$/,
  },
  "in transaction mode": {
    with: { mode: "transaction", drops: ALL },
    says: /^A pooler drops .*: name the server itself in QUEUE_URL \(/,
  },
};

const missing = whyNoPostgres() ?? whyNoPooler();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so a pooler is not tested here`);
} else {
  for (const [what, { with: options, says }] of Object.entries(CASES)) {
    Deno.test(`a pooler ${what} is refused, and nothing is written`, async () => {
      await using server = await postgresServer({ isDurable: false });
      await using between = await pooler({ server: server.port, ...options });
      const tables = "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_|^information'";
      for (const role of ["owner", "guest"] as const) {
        const url = server.url().replace(`:${server.port}/`, `:${between.port}/`);
        await assert.rejects(openStore(url, role), (error: unknown) => {
          assert.ok(error instanceof StorageError && !error.passing, String(error));
          assert.match(error.message, says);
          return true;
        });
      }
      assert.deepEqual(await server.sql(tables), []);
    });
  }
}
