/**
 * Ways to break the code that keeps the guarantees, each as small as a typo. Each must make a test
 * fail: a suite that passes with one of them proves nothing about that guarantee.
 */
export interface Mutation {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The test files that must notice. */
  readonly tests: readonly string[];
  /** Letters of the faults that must notice. */
  readonly faults?: string;
}

export interface Edit {
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

const STATEMENTS = "queue/sqlite/statements.ts";
const CONFORMANCE = ["tests/conformance/sqlite_test.ts"];

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "the lease is dropped from a WHERE: a completion",
    edits: [{
      file: STATEMENTS,
      from: `error = NULL, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND \${MAY.complete}`,
      to: `error = NULL, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND \${MAY.complete}`,
    }],
    tests: CONFORMANCE,
  },
  {
    name: "the lease is dropped from a WHERE: many completions",
    edits: [{
      file: STATEMENTS,
      from: "AND jobs.lease = ended.lease AND",
      to: "AND",
    }],
    tests: CONFORMANCE,
  },
  {
    name: "the lease is dropped from a WHERE: a heartbeat",
    edits: [{
      file: STATEMENTS,
      from: "SET last_heartbeat = ?3 WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT}",
      to: "SET last_heartbeat = ?3 WHERE seq = ?1 AND ${IN_FLIGHT}",
    }],
    tests: CONFORMANCE,
  },
  {
    name: "the lease is dropped from a WHERE: completions on PostgreSQL",
    edits: [{
      file: "queue/postgres/settle_statements.ts",
      from: "AND jobs.lease = ended.lease AND",
      to: "AND",
    }],
    tests: ["tests/conformance/postgres_test.ts"],
  },
  {
    name: "the lease is not compared: an ending on Redis",
    edits: [{
      file: "queue/redis/scripts/settle.lua",
      from: "if job ~= nil and job.lease ~= lease then job = nil end",
      to: "",
    }],
    tests: ["tests/conformance/redis_test.ts"],
  },
  {
    name: "the status is dropped from a WHERE: a failure",
    edits: [{
      file: "queue/sqlite/settle_statements.ts",
      from: `SET status = \${TO.fail}, retries = ?4, error = ?5, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND \${MAY.fail}`,
      to: `SET status = \${TO.fail}, retries = ?4, error = ?5, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2`,
    }],
    tests: CONFORMANCE,
  },
  {
    name: "the status is dropped from a WHERE: a cancel",
    edits: [{
      file: STATEMENTS,
      from: "WHERE id = ?1 AND ${MAY.cancel} RETURNING",
      to: "WHERE id = ?1 RETURNING",
    }],
    tests: CONFORMANCE,
  },
  {
    name: "many jobs are counted as requested, not as written",
    edits: [{ file: "queue/sqlite/bulk.ts", from: "from, to, written.changes", to: "from, to, jobs" }],
    tests: CONFORMANCE,
  },
  {
    name: "the triggers that count stay disabled",
    edits: [{ file: "queue/sqlite/bulk.ts", from: "  sql.wakeCounts.run();\n", to: "" }],
    tests: ["tests/faults/bulk_counts_test.ts"],
  },
  {
    name: "RETURNING is read through .get() outside a transaction",
    edits: [
      {
        file: STATEMENTS,
        from: "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO NOTHING",
        to: "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO NOTHING RETURNING seq",
      },
      {
        file: "queue/sqlite/insert.ts",
        from: "const { changes, lastInsertRowid } = sql.insert.run(...values);",
        to: `const returned = sql.insert.get(...values);
  const { changes, lastInsertRowid } = { changes: returned ? 1 : 0, lastInsertRowid: returned?.seq };`,
      },
      {
        file: "queue/sqlite/sqlite_store.ts",
        from:
          "await this.#commits.write(() => insert(this.#sql, jobs, this.now()), { isRefusedWhenFull: true });",
        to: "await Promise.resolve(insert(this.#sql, jobs, this.now()));",
      },
    ],
    tests: ["tests/faults/full_disk_test.ts"],
    faults: "D",
  },
  {
    name: "IMMEDIATE becomes DEFERRED",
    edits: [{ file: "queue/sqlite/group_commit.ts", from: '"BEGIN IMMEDIATE"', to: '"BEGIN DEFERRED"' }],
    tests: [...CONFORMANCE, "tests/queue/foreign_edits_test.ts"],
  },
  {
    name: "no call waits for a lock: busy_timeout 0, and no retries",
    edits: [
      {
        file: "queue/sqlite/open.ts",
        from: "const OPENING_PATIENCE_MS = { owner: 500, guest: 5_000 } as const;",
        to: "const OPENING_PATIENCE_MS = { owner: 0, guest: 0 } as const;",
      },
      {
        file: "queue/sqlite/group_commit.ts",
        from: "const PATIENCE_MS = 5_000;",
        to: "const PATIENCE_MS = 0;",
      },
    ],
    tests: ["tests/queue/foreign_edits_test.ts", "tests/faults/two_processes_test.ts"],
  },
  {
    name: "synchronous is OFF",
    edits: [{ file: "queue/sqlite/open.ts", from: "synchronous: 2,", to: "synchronous: 0," }],
    tests: [],
    faults: "P",
  },
  {
    name: "the sweep goes by the wall clock",
    edits: [{
      file: "workers/supervisor.ts",
      from: "clock = () => performance.now()",
      to: "clock = now",
    }],
    tests: ["tests/faults/clock_test.ts"],
    faults: "L",
  },
  {
    name: "crashes are not counted by the surviving process",
    edits: [{
      file: "queue/maintenance/reaping.ts",
      from: 'detail: "The process died", crashLimit }',
      to: 'detail: "The process died", crashLimit: null }',
    }],
    tests: ["tests/queue/crashes_test.ts"],
  },
  {
    name: "no preventDefault on an uncaught error of a thread",
    edits: [{
      file: "workers/thread/owners.ts",
      from: '"unhandledrejection", (event) => {\n      event.preventDefault();\n',
      to: '"unhandledrejection", (event) => {\n',
    }],
    tests: [],
    faults: "Y",
  },
  {
    name: "two claims on PostgreSQL take the same job",
    edits: [{
      file: "queue/postgres/line_statements.ts",
      from: "LIMIT quota.n FOR UPDATE SKIP LOCKED) AS due",
      to: "LIMIT quota.n) AS due",
    }],
    tests: ["tests/conformance/postgres_test.ts"],
  },
  {
    name: "two processes migrate PostgreSQL at once",
    edits: [{
      file: "queue/postgres/migrations.ts",
      from: "SELECT pg_advisory_xact_lock(hashtext('persistent_queue'), hashtext($1::text))",
      to: "SELECT $1::text",
    }],
    tests: ["tests/faults/postgres_upgrade_test.ts"],
  },
  {
    name: "no Host check",
    edits: [{
      file: "ui/base_app.ts",
      from: "  app.use(hostGuard(options));\n",
      to: "",
    }],
    tests: ["tests/ui/host_guard_test.ts"],
  },
  {
    name: "no Origin check of a change request",
    edits: [{ file: "ui/base_app.ts", from: "  app.use(sameOrigin);\n", to: "" }],
    tests: ["tests/ui/cross_site_test.ts"],
  },
  {
    name: "the pages are bound to 0.0.0.0",
    edits: [{
      file: "ui/http/serve.ts",
      from: "server.listen(port, hostname);",
      to: 'server.listen(port, hostname && "0.0.0.0");',
    }],
    tests: ["tests/ui/serve_test.ts"],
  },
];
