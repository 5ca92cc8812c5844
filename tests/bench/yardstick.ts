/**
 * The same work without the queue, on one connection. Unlike the limit of `raw_store.ts`, these two never change with
 * the queue, so they show whether it has become faster.
 *
 * The yardstick has the schema and the row-by-row statements of version 1.0. The bare minimum has a table of id, status
 * and payload with one index, and does the work of many jobs in one statement.
 */
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../queue/sqlite/migrations.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** The migrations of version 1.0. A released migration is never edited. */
const MIGRATIONS = 2;
const A_CLAIM = 128;
const A_TRANSACTION = 640;
const AN_INSERT = 1_000;
const CONSUMER = crypto.randomUUID();

export interface Yardstick extends AsyncDisposable {
  /** Adds jobs, by default 1,000 per transaction; returns jobs per second. */
  insert(jobs: number, aTransaction?: number): number;
  /** Claims and completes all waiting jobs, 640 per transaction; returns jobs per second. */
  drain(): number;
  /** The size of the database in bytes. */
  size(): number;
}

/** What differs: each call is part of a transaction. */
interface Statements {
  insert(count: number): void;
  /** Returns the rows of at most 640 jobs. */
  claim(): unknown[][];
  complete(rows: readonly unknown[][]): void;
}

export function openYardstick(): Promise<Yardstick> {
  return open((db) => migrate(db, MIGRATIONS), (db) => {
    const insert = db.prepare(
      `INSERT OR ROLLBACK INTO jobs (id, kind, payload, priority, run_at, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO NOTHING`,
    );
    const claim = rowsOf(
      db,
      `UPDATE OR ROLLBACK jobs SET status = 'PROCESSING', lease = lease + 1, consumer_id = ?1, last_heartbeat = ?2,
        started_at = ?2, updated_at = ?2
      WHERE seq IN (SELECT seq FROM jobs WHERE status = 'PENDING' AND suspect = 0 AND priority = ?3 AND run_at <= ?2
        ORDER BY run_at, seq LIMIT ?4)
      RETURNING seq, lease, id, kind, payload, retries, crashes, suspect, run_at`,
    );
    const complete = db.prepare(
      `UPDATE OR ROLLBACK jobs SET status = 'COMPLETED', result = ?4, error = NULL, finished_at = ?3, updated_at = ?3
      WHERE seq = ?1 AND lease = ?2 AND status = 'PROCESSING'`,
    );
    return {
      insert: (count) => {
        const now = Date.now();
        for (let i = 0; i < count; i++) insert.run(crypto.randomUUID(), "noop", "null", 0, now, now);
      },
      claim: () =>
        Array.from({ length: A_TRANSACTION / A_CLAIM }, () => claim(CONSUMER, Date.now(), 0, A_CLAIM)).flat(),
      complete: (rows) => {
        for (const [seq, lease] of rows) complete.run(Number(seq), Number(lease), Date.now(), null);
      },
    };
  });
}

export function openBareMinimum(): Promise<Yardstick> {
  const schema =
    `CREATE TABLE jobs (id INTEGER PRIMARY KEY, status INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
    CREATE INDEX jobs_waiting ON jobs (id) WHERE status = 0`;
  return open((db) => db.exec(schema), (db) => {
    const insert = db.prepare(`INSERT INTO jobs (status, payload) SELECT 0, value FROM json_each(?1)`);
    const claim = rowsOf(
      db,
      `UPDATE jobs SET status = 1 WHERE id IN (SELECT id FROM jobs WHERE status = 0 ORDER BY id LIMIT ?1)
        RETURNING id, payload`,
    );
    const complete = db.prepare(
      `UPDATE jobs SET status = 2 WHERE id IN (SELECT value FROM json_each(?1)) AND status = 1`,
    );
    return {
      insert: (count) => void insert.run(JSON.stringify(Array(count).fill("null"))),
      claim: () => claim(A_TRANSACTION),
      complete: (rows) => void complete.run(JSON.stringify(rows.map(([id]) => id))),
    };
  });
}

/** Returns rows as arrays, as the queue reads them. The runtime's types do not know it yet. */
function rowsOf(db: DatabaseSync, sql: string): (...values: (string | number)[]) => unknown[][] {
  const statement = db.prepare(sql) as unknown as {
    setReturnArrays(enabled: true): void;
    all(...values: (string | number)[]): unknown[][];
  };
  statement.setReturnArrays(true);
  return (...values) => statement.all(...values);
}

async function open(
  create: (db: DatabaseSync) => void,
  prepare: (db: DatabaseSync) => Statements,
): Promise<Yardstick> {
  const folder = await tempFolder();
  const db = new DatabaseSync(folder.file("yardstick.db"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY");
  create(db);
  const { insert, claim, complete } = prepare(db);
  const [begin, commit] = [db.prepare("BEGIN IMMEDIATE"), db.prepare("COMMIT")];
  const transact = <T>(work: () => T): T => {
    begin.run();
    const result = work();
    commit.run();
    return result;
  };
  return {
    insert: (jobs, aTransaction = AN_INSERT) => {
      const since = performance.now();
      for (let i = 0; i < jobs; i += aTransaction) transact(() => insert(Math.min(aTransaction, jobs - i)));
      return jobs / (performance.now() - since) * 1000;
    },
    drain: () => {
      let drained = 0;
      const since = performance.now();
      for (let held: unknown[][] = [];;) {
        held = transact(() => {
          complete(held);
          return claim();
        });
        if (held.length === 0) return drained / (performance.now() - since) * 1000;
        drained += held.length;
      }
    },
    size: () =>
      Number(
        db.prepare("SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size").get()?.n,
      ),
    [Symbol.asyncDispose]: async () => {
      db.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
