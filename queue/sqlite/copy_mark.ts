/** The mark of an incomplete copy: a table that exists only meanwhile, so it needs no schema version. */
import { DatabaseSync } from "node:sqlite";
import type { CopyMark } from "../copy_mark.ts";
import { sizeOf } from "./database_file.ts";
import { isStorageFault } from "./faults.ts";

const IS_SET = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'unfinished_copy'";
const SET = "CREATE TABLE IF NOT EXISTS unfinished_copy (n INTEGER) STRICT";
const REMOVE = "DROP TABLE IF EXISTS unfinished_copy";

interface Calls {
  /** Runs a read as a call of the store. */
  readonly read: <T>(work: () => T) => Promise<T>;
  readonly write: <T>(work: () => T) => Promise<T>;
}

export function copyMarkIn(db: DatabaseSync, { read, write }: Calls): CopyMark {
  return {
    isSet: () => read(() => isMarked(db)),
    set: () =>
      write(() => {
        const isNew = !isMarked(db);
        db.prepare(SET).run();
        return isNew;
      }),
    remove: () => write(() => void db.prepare(REMOVE).run()),
  };
}

export function isMarked(db: DatabaseSync): boolean {
  return db.prepare(IS_SET).get() !== undefined;
}

/** The same for a database that another process has open. One that cannot be read counts as unmarked. */
export function isMarkedAt(path: string): boolean {
  if (sizeOf(path) === null) return false;
  try {
    using db = new DatabaseSync(path, { readOnly: true });
    return isMarked(db);
  } catch (error) {
    if (isStorageFault(error)) return false;
    throw error;
  }
}
