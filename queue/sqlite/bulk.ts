/** Writes many jobs with one statement, which gets their values as JSON, and counts them together. */
import type { Status } from "../job.ts";
import type { Statements } from "./statements.ts";

/** Fewer jobs than this are written one by one. */
export const MIN_BULK_JOBS = 4;
/** In characters; a longer value costs more as JSON within JSON than in a statement of its own. */
export const MAX_BULK_LENGTH = 16 * 1024;
/** Fewer jobs than this are counted by the triggers: disabling the triggers would cost as much as they do. */
const MIN_COUNTED_TOGETHER = 32;

interface BulkMove {
  /** The most jobs that it moves. */
  readonly jobs: number;
  /** Null: the jobs are new. */
  readonly from: Status | null;
  readonly to: Status;
}

/** Runs a statement that moves jobs from one status to another, in the caller's transaction, and counts them. */
export function counted<T extends { readonly changes: number | bigint }>(
  sql: Statements,
  { jobs, from, to }: BulkMove,
  write: () => T,
): T {
  // A trigger added by hand may write jobs as well, so beside one our triggers stay enabled.
  if (jobs < MIN_COUNTED_TOGETHER || sql.sleepCounts.run().changes === 0) return write();
  const written = write();
  sql.wakeCounts.run();
  sql.countTogether.run(from, to, written.changes);
  return written;
}
