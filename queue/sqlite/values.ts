/** Payloads and results may take a mebibyte each, so a list of many jobs holds a bounded amount of them. */
import type { Job } from "../job.ts";
import { textOrNull } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

/** Limit for one value, in bytes. */
const MAX_BYTES = 64 * 1024;
/** Limit for all values of one list. */
const ANSWER_BYTES = 1024 * 1024;

export class ValueBudget {
  readonly #sql: Statements;
  #left = ANSWER_BYTES;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Returns the job with the values that were left out, as far as the budget allows. */
  fill(job: Job): Job {
    const { leftOut: missing, ...rest } = job;
    if (missing === undefined || this.#left <= 0) return job;
    const row = this.#sql.values.get(job.seq, Math.min(MAX_BYTES, this.#left)) ?? {};
    const found = missing.filter((name) => textOrNull(row[name] ?? null) !== null);
    const leftOut = missing.filter((name) => !found.includes(name));
    const values = Object.fromEntries(found.map((name) => [name, textOrNull(row[name] ?? null)]));
    for (const value of Object.values(values)) this.#left -= value?.length ?? 0;
    return { ...rest, ...values, ...(leftOut.length === 0 ? {} : { leftOut }) } as Job;
  }
}
