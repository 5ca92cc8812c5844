/**
 * The write-ahead log beside the database. SQLite checkpoints it every thousand pages and restarts it, except while a
 * long read transaction is open: then the log grows until that ends.
 */
import type { Statements } from "./statements.ts";
import { sizeOf } from "./database_file.ts";
import { isStorageFault } from "./faults.ts";

/** The size that `journal_size_limit` allows: a log that SQLite leaves at this size is truncated too. */
const LARGE_BYTES = 64 * 2 ** 20;
const ALARMING_BYTES = 256 * 2 ** 20;

/** Checkpoints what it can and frees the disk space, without waiting for other connections. */
export function shrinkLog(sql: Statements): void {
  try {
    sql.shrinkLog.all();
  } catch (error) {
    // The disk may be full: nothing is lost, the pages stay in the log.
    if (!isStorageFault(error)) throw error;
  }
}

export function shrinkLargeLog(sql: Statements, path: string): void {
  if ((sizeOf(`${path}-wal`) ?? 0) >= LARGE_BYTES) shrinkLog(sql);
}

/** Sentences for the operator. */
export function logWarnings(path: string): string[] {
  const bytes = sizeOf(`${path}-wal`) ?? 0;
  if (bytes < ALARMING_BYTES) return [];
  return [
    `The log ${path}-wal has grown to ${
      Math.round(bytes / 2 ** 20)
    } MB, because a program reads the database without end: close it.`,
  ];
}
