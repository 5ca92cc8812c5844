/**
 * Corrects the counts after another program has written: an `INSERT OR REPLACE` by hand fires no trigger for the rows
 * that it replaces, and the counts themselves may be edited. If there are too many jobs to count quickly, the next
 * start does it.
 */
import { countAgain } from "./check.ts";
import { number } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";
import type { GroupCommit } from "./group_commit.ts";

/** Many writes in a row cause one recount, not one each. */
const MIN_INTERVAL_MS = 500;
/** This many jobs are counted in some dozens of milliseconds. */
const MAX_COUNTED = 1_000_000;

export class Recount {
  readonly #sql: Statements;
  readonly #commits: GroupCommit;
  #isDue = false;
  #at = -Infinity;

  constructor(sql: Statements, commits: GroupCommit) {
    this.#sql = sql;
    this.#commits = commits;
  }

  noteOutsideChange(): void {
    this.#isDue = true;
  }

  /** Recounts if a change from outside was noted. Returns whether it did. @throws {StorageError} the recount stays due */
  async catchUp(): Promise<boolean> {
    if (!this.#isDue || performance.now() < this.#at + MIN_INTERVAL_MS) return false;
    this.#at = performance.now();
    const isTooMuch = number(this.#sql.extent.get()?.n ?? 0) > MAX_COUNTED;
    // Before the write, so that a change in the meantime makes it due again.
    this.#isDue = false;
    try {
      await this.#commits.write(() => isTooMuch ? void this.#sql.wakeCounts.run() : countAgain(this.#sql));
    } catch (error) {
      this.#isDue = true;
      throw error;
    }
    return !isTooMuch;
  }
}
