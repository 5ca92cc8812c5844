/** Payloads and results may be a mebibyte each, so a list of many jobs holds a limited amount of them. */
import type { Job } from "../job.ts";
import { number, textOrNull } from "../storing/rows.ts";
import type { Row, Tx } from "./client.ts";
import { READING } from "./read_statements.ts";

/** Limit of one value, in bytes. */
const MAX_BYTES = 64 * 1024;
/** Limit of all values of one list. */
const ANSWER_BYTES = 1024 * 1024;

/** Returns the jobs with the values that were left out, as far as the budget allows. */
export async function fillValues(tx: Tx, jobs: readonly Job[]): Promise<Job[]> {
  const short = jobs.filter(({ leftOut }) => leftOut !== undefined);
  if (short.length === 0) return [...jobs];
  const rows = await tx.query(READING.values, [short.map(({ seq }) => seq), MAX_BYTES, ANSWER_BYTES]);
  const bySeq = new Map(rows.map((row) => [number(row.seq), row]));
  return jobs.map((job) => filled(job, bySeq.get(job.seq)));
}

function filled(job: Job, row: Row | undefined): Job {
  const { leftOut: missing, ...rest } = job;
  if (missing === undefined || row === undefined) return job;
  const found = missing.filter((name) => textOrNull(row[name] ?? null) !== null);
  const leftOut = missing.filter((name) => !found.includes(name));
  const values = Object.fromEntries(found.map((name) => [name, textOrNull(row[name] ?? null)]));
  return { ...rest, ...values, ...(leftOut.length === 0 ? {} : { leftOut }) } as Job;
}

/**
 * Whether a text of PostgreSQL can be this one: it holds no NUL, and half a surrogate pair would be sent as another
 * character. No job has an id or a kind that is not.
 */
export function isPossible(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
