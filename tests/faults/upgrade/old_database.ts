/** Databases of earlier releases, created by their migrations, and what must be left of them later. */
import { DatabaseSync } from "node:sqlite";
import { STATUSES } from "@persistent-queue/queue";
import { migrate } from "../../../queue/sqlite/migrations.ts";
import type { Random } from "../../support/random.ts";

const FOLDER = new URL("../../../queue/sqlite/migrations/", import.meta.url);

const MIGRATIONS = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
  .map((name) => Deno.readTextFileSync(new URL(name, FOLDER)));

export const CURRENT_SCHEMA = MIGRATIONS.length;

/** The statements of a text, one by one. Those of triggers hold others, up to a line that says END. */
export function statementsIn(sql: string): string[] {
  const statements: string[] = [];
  let statement = "";
  for (const part of sql.replaceAll(/--[^\n]*/g, "").split(/(?<=;)\s+/)) {
    statement += `${part}\n`;
    if (/\bCREATE TRIGGER\b/.test(statement) && !/\bEND;\s*$/.test(statement)) continue;
    if (statement.trim() !== "") statements.push(statement);
    statement = "";
  }
  return statements;
}

/**
 * How many steps an upgrade from `version` has: each migration begins, runs its statements, notes its number and
 * commits; one more comes after the end.
 */
export function stepsFrom(version: number): number {
  return MIGRATIONS.slice(version).reduce((sum, migration) => sum + statementsIn(migration).length + 3, 1);
}

/** A database of `version`, with jobs in every status, their histories, and manual additions. Returns the ids. */
export function makeOldDatabase(path: string, version: number, random: Random): string[] {
  using db = new DatabaseSync(path);
  migrate(db, version);
  db.exec("PRAGMA application_id = 1347504706; PRAGMA journal_mode = WAL");
  const count = 100 + random.below(400);
  const insert = db.prepare(
    `INSERT INTO jobs (id, kind, status, priority, run_at, retries, lease, consumer_id,
      last_heartbeat, finished_at, created_at, updated_at, payload, result, error)
    VALUES (?, 'file', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const tell = db.prepare(`INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail)
    SELECT seq, updated_at, 'retried', lease, 0, consumer_id, 'It broke' FROM jobs WHERE id = ?`);
  const ids = Array.from({ length: count }, (_, n) => `old ${n}`);
  db.exec("BEGIN");
  for (const [n, id] of ids.entries()) {
    const status = random.pick(STATUSES);
    const holder = status === "PENDING" ? null : `consumer ${random.below(3)}`;
    const words = JSON.stringify("x".repeat(random.below(random.pick([10, 1_000, 10_000]))));
    const times = [status === "PROCESSING" ? n : null, n, n, n];
    insert.run(id, status, random.below(5), n, random.below(4), 3, holder, ...times, words, null, null);
    if (random.chance(0.3)) tell.run(id);
  }
  db.exec("COMMIT");
  addByHand(db);
  const gone = ids.splice(-1 - random.below(5));
  for (const id of gone) db.prepare("DELETE FROM jobs WHERE id = ?").run(id);
  return ids;
}

/** An index, a view and a key, each of which can block the move of a table. */
function addByHand(db: DatabaseSync): void {
  db.exec(`CREATE INDEX mine_by_error ON jobs (error);
    CREATE VIEW mine AS SELECT id, status FROM jobs;
    CREATE TABLE notes (seq REFERENCES jobs (seq), words);
    INSERT INTO notes SELECT seq, 'a note' FROM jobs LIMIT 3`);
}

/** Everything that an upgrade has to keep, in the columns of the old schema, as one text. */
export function contentOf(path: string, columns: readonly string[]): string {
  using db = new DatabaseSync(path, { readOnly: true });
  const rows = (sql: string) => db.prepare(sql).all();
  return JSON.stringify([
    rows(`SELECT ${columns.join()} FROM jobs ORDER BY seq`),
    rows("SELECT seq, at, event, lease, retries, consumer_id, detail FROM history ORDER BY n"),
    rows("SELECT * FROM mine ORDER BY id"),
    rows("SELECT * FROM notes ORDER BY seq"),
    rows("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'"),
  ]);
}

export function columnsOf(path: string): string[] {
  using db = new DatabaseSync(path, { readOnly: true });
  return db.prepare("PRAGMA table_info(jobs)").all().map(({ name }) => String(name));
}

export function schemaOf(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true });
  return Number(Object.values(db.prepare("PRAGMA user_version").get() ?? {})[0]);
}
