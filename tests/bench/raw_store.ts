/**
 * The limit: one connection with the same schema, triggers, statements and durability, and nothing else. What the
 * queue does on top of this (threads, leases, policy, logs) is what the ratios show.
 */
import { createDatabase } from "../../queue/sqlite/database_file.ts";
import { openDatabase } from "../../queue/sqlite/open.ts";
import { prepareAll, type Statements } from "../../queue/sqlite/statements.ts";
import { uuidV7 } from "../../queue/adding/check_job.ts";
import { tempFolder } from "../support/temp_folder.ts";

export interface RawStore extends AsyncDisposable {
  readonly path: string;
  readonly sql: Statements;
  /** Runs `work` in one durable transaction. */
  transact<T>(work: () => T): T;
  /** Inserts `jobs` jobs, `aTransaction` per transaction; returns jobs per second. */
  insert(jobs: number, aTransaction: number): number;
  /** Closes it early, after which the file at `path` is complete. */
  close(): void;
  /** Claims and completes all waiting jobs, 100 per transaction; returns jobs per second. */
  drain(): number;
}

const A_TRANSACTION = 100;
const CONSUMER = crypto.randomUUID();

/** A new store, unless there is one at `existing`. */
export async function openRawStore(existing?: string): Promise<RawStore> {
  const folder = await tempFolder();
  const path = existing ?? folder.file("raw.db");
  if (existing === undefined) createDatabase(path);
  const { db } = openDatabase(path, { role: "owner" });
  const sql = prepareAll(db);
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");

  function transact<T>(work: () => T): T {
    begin.run();
    const result = work();
    commit.run();
    return result;
  }

  function insertSome(count: number): void {
    const now = Date.now();
    // Ids like those of the queue: random ids would lower the limit by a third.
    for (let i = 0; i < count; i++) sql.insert.run(`noop-${uuidV7(now)}`, "noop", "null", 0, now, now);
  }

  return {
    ...{ path, sql, transact },
    insert: (jobs, aTransaction) =>
      perSecond(jobs, () => {
        for (let i = 0; i < jobs; i += aTransaction) {
          transact(() => insertSome(Math.min(aTransaction, jobs - i)));
        }
      }),
    drain: () => {
      let drained = 0;
      const since = performance.now();
      for (let held: ReturnType<typeof claim> = [];;) {
        held = transact(() => {
          for (const [seq, lease] of held) sql.complete.run(Number(seq), Number(lease), Date.now(), null);
          return claim(sql);
        });
        if (held.length === 0) return drained / (performance.now() - since) * 1000;
        drained += held.length;
      }
    },
    close: () => db.close(),
    [Symbol.asyncDispose]: async () => {
      if (db.isOpen) db.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function claim(sql: Statements) {
  const due = sql.due.all(0, Date.now(), A_TRANSACTION);
  sql.claim.run(CONSUMER, Date.now(), null, JSON.stringify(due.map(([seq]) => seq)));
  return due;
}

function perSecond(count: number, work: () => void): number {
  const since = performance.now();
  work();
  return count / (performance.now() - since) * 1000;
}
