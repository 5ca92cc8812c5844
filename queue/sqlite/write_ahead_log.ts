/**
 * The write-ahead log beside the database. SQLite folds it back every thousand pages and begins it anew, unless somebody
 * reads in one long transaction: then it grows until that ends.
 */
import type { Statements } from "./statements.ts";
import { sizeOf } from "./database_file.ts";
import { isStorageFault } from "./faults.ts";

/** As large as SQLite leaves one itself, by `journal_size_limit`: that one is to go as well. */
const LARGE_BYTES = 64 * 2 ** 20;
const ALARMING_BYTES = 256 * 2 ** 20;

/** Folds back what can be, and gives the room back. Waits for nobody. */
export function shrinkLog(sql: Statements): void {
  try {
    sql.shrinkLog.all();
  } catch (error) {
    // The disk is full, for instance: nothing is lost, it stays in the log.
    if (!isStorageFault(error)) throw error;
  }
}

export function shrinkLargeLog(sql: Statements, path: string): void {
  if ((sizeOf(`${path}-wal`) ?? 0) >= LARGE_BYTES) shrinkLog(sql);
}

/** Sentences for people. */
export function logWarnings(path: string): string[] {
  const bytes = sizeOf(`${path}-wal`) ?? 0;
  if (bytes < ALARMING_BYTES) return [];
  return [
    `The log ${path}-wal has grown to ${
      Math.round(bytes / 2 ** 20)
    } MB, because a program reads the database without end: close it.`,
  ];
}
