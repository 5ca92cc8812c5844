/** Numbered and append-only: a released migration is never edited. `user_version` tells which ones have run. */
import type { DatabaseSync } from "node:sqlite";
import jobs from "./migrations/0001_jobs.sql" with { type: "text" };
import bounds from "./migrations/0002_bounds.sql" with { type: "text" };
import attempts from "./migrations/0003_attempts.sql" with { type: "text" };
import parked from "./migrations/0004_parked.sql" with { type: "text" };
import processes from "./migrations/0005_processes.sql" with { type: "text" };
import bulkCounts from "./migrations/0006_bulk_counts.sql" with { type: "text" };
import statusCheck from "./migrations/0007_status_check.sql" with { type: "text" };
import numbers from "./migrations/0008_numbers.sql" with { type: "text" };
import views from "./migrations/0009_views.sql" with { type: "text" };

const MIGRATIONS = [jobs, bounds, attempts, parked, processes, bulkCounts, statusCheck, numbers, views];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the schema up to date, one transaction per step: after a crash it resumes where it stopped. */
export function migrate(db: DatabaseSync, upTo = SCHEMA_VERSION): void {
  // A table is changed by building a new one; views and foreign keys added by hand must not prevent that.
  db.exec("PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF");
  // Two steps change a CHECK by editing the text of the schema.
  setDefensive(db, false);
  try {
    takeSteps(db, upTo);
  } finally {
    setDefensive(db, true);
    db.exec("PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON");
  }
}

/** Protects the text of the schema from edits, or allows them. The runtime's types do not have this call yet. */
function setDefensive(db: DatabaseSync & { enableDefensive?(isOn: boolean): void }, isOn: boolean): void {
  db.enableDefensive?.(isOn);
}

function takeSteps(db: DatabaseSync, upTo: number): void {
  const version = () => Number(Object.values(db.prepare("PRAGMA user_version").get() ?? {})[0]);
  while (version() < upTo) {
    db.prepare("BEGIN IMMEDIATE").run();
    try {
      const done = version();
      const next = MIGRATIONS[done];
      if (next !== undefined) {
        db.exec(next);
        db.exec(`PRAGMA user_version = ${done + 1}`);
      }
      db.prepare("COMMIT").run();
    } catch (error) {
      if (db.isTransaction) db.prepare("ROLLBACK").run();
      throw error;
    }
  }
}
