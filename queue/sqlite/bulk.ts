/** Many jobs are written with one statement, to which their values go as JSON, and counted together. */
import type { Status } from "../job.ts";
import type { Statements } from "./statements.ts";

/** Fewer jobs are written one by one. */
export const FEWEST = 4;
/** Characters; a longer value costs more as JSON in JSON than a statement of its own. */
export const LONGEST = 16 * 1024;
/** Fewer jobs are counted by the triggers: to put these to sleep costs as much as they do. */
const COUNTED_TOGETHER = 32;

export interface BulkMove {
  /** How many jobs it moves at most. */
  readonly jobs: number;
  /** Null: the jobs are new. */
  readonly from: Status | null;
  readonly to: Status;
}

/** Runs a statement that moves jobs from one status to another, in the transaction of its caller, and counts them. */
export function counted<T extends { readonly changes: number | bigint }>(
  sql: Statements,
  { jobs, from, to }: BulkMove,
  write: () => T,
): T {
  // The triggers stay awake beside one made by hand, which may write jobs as well.
  if (jobs < COUNTED_TOGETHER || sql.sleepCounts.run().changes === 0) return write();
  const written = write();
  sql.wakeCounts.run();
  sql.countTogether.run(from, to, written.changes);
  return written;
}
