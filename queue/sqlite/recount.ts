/**
 * Corrects the counts after another program has written: an `INSERT OR REPLACE` by hand fires no trigger for the rows
 * it replaces, and the counts may be edited too. If counting would take longer, the next start does it.
 */
import { countAgain } from "./check.ts";
import { number } from "./rows.ts";
import type { Statements } from "./statements.ts";
import type { GroupCommit } from "./group_commit.ts";

/** Many writes in a row cause one recount, not one each. */
const REST_MS = 500;
/** This many jobs are counted in some dozens of milliseconds. */
const MOST_COUNTED = 1_000_000;

export class Recount {
  readonly #sql: Statements;
  readonly #commits: GroupCommit;
  #version: number | null = null;
  #at = -Infinity;

  constructor(sql: Statements, commits: GroupCommit) {
    this.#sql = sql;
    this.#commits = commits;
  }

  /** `version` changes when another program has written. */
  async after(version: number): Promise<void> {
    const isFirst = this.#version === null;
    if (this.#version === version || performance.now() < this.#at + REST_MS) return;
    this.#version = version;
    if (isFirst || number(this.#sql.extent.get()?.n ?? 0) > MOST_COUNTED) return;
    this.#at = performance.now();
    await this.#commits.write(() => countAgain(this.#sql));
  }
}
