/**
 * A database restored from a dump (`sqlite3 queue.db .dump`) has every table and every row, but neither the application
 * id of this system nor the schema version: a dump does not contain them.
 */
import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID } from "./database_file.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";

const PATIENCE_MS = 5_000;

/** Marks the database if it has exactly one of our schemas, and returns whether it did. Others are left untouched. */
export function adoptDump(path: string): boolean {
  const version = versionAt(path);
  if (version === null) return false;
  using db = new DatabaseSync(path, { timeout: PATIENCE_MS });
  db.exec(
    `BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; COMMIT`,
  );
  return true;
}

function versionAt(path: string): number | null {
  using db = new DatabaseSync(path, { timeout: PATIENCE_MS, readOnly: true });
  const isUnmarked = valueOf(db, "application_id") === 0 && valueOf(db, "user_version") === 0;
  return isUnmarked ? versionOf(db) : null;
}

/** The newest schema version that the database has completely; null if it has none. */
function versionOf(db: DatabaseSync): number | null {
  const present = new Set(objectsIn(db));
  if (present.size === 0) return null;
  for (let version = SCHEMA_VERSION; version > 0; version--) {
    using like = new DatabaseSync(":memory:");
    migrate(like, version);
    if (objectsIn(like).every((object) => present.has(object))) return version;
  }
  return null;
}

/** Tables, indexes and triggers, with the statements that made them. */
function objectsIn(db: DatabaseSync): string[] {
  return db.prepare(
    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  ).all()
    .map(({ type, name, sql }) => `${type} ${name} ${String(sql).replaceAll(/\s+/g, " ").trim()}`);
}

function valueOf(db: DatabaseSync, pragma: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
}
