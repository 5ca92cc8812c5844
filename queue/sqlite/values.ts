/** Payloads and results may be a mebibyte each: what one answer about many jobs holds of them is bounded. */
import type { Job } from "../job.ts";
import { textOrNull } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Of one value, in bytes. */
const MOST_BYTES = 64 * 1024;
/** Of all values of one answer. */
const ANSWER_BYTES = 1024 * 1024;

export class ValueBudget {
  readonly #sql: Statements;
  #left = ANSWER_BYTES;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** The job with those of its values that it came without, and there is still room for. */
  fill(job: Job): Job {
    const { leftOut: missing, ...rest } = job;
    if (missing === undefined || this.#left <= 0) return job;
    const row = this.#sql.values.get(job.seq, Math.min(MOST_BYTES, this.#left)) ?? {};
    const found = missing.filter((name) => textOrNull(row[name] ?? null) !== null);
    const leftOut = missing.filter((name) => !found.includes(name));
    const values = Object.fromEntries(found.map((name) => [name, textOrNull(row[name] ?? null)]));
    for (const value of Object.values(values)) this.#left -= value?.length ?? 0;
    return { ...rest, ...values, ...(leftOut.length === 0 ? {} : { leftOut }) } as Job;
  }
}
