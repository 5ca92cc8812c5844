/** Adds jobs, and finds those that exist already. */
import type { Added } from "../roles.ts";
import type { NewJob, Refused } from "../store.ts";
import { firstBatch } from "../storing/batches.ts";
import { addedAs } from "../storing/rows.ts";
import type { Client, Reply } from "./client.ts";
import { items, jobOf, numberOf } from "./replies.ts";
import { assertJobs } from "./rules.ts";

/** What one script takes: the server does nothing else meanwhile. */
const BATCH = { maxJobs: 200, maxChars: 8 * 1024 * 1024 };
/** Limit of the long values of jobs that exist already, in bytes. */
const ANSWER_BYTES = 1024 * 1024;

interface WriteContext {
  readonly time: number | "";
  /** The name of this store, which the other processes get. */
  readonly writer: string;
}

/** The results for the first of these jobs. */
export async function insert(
  client: Client,
  all: readonly NewJob[],
  { time, writer }: WriteContext,
): Promise<(Added | Refused)[]> {
  const jobs = firstBatch(all, BATCH);
  if (jobs.length === 0) return [];
  assertJobs(jobs);
  const values = jobs.flatMap(({ id, kind, payload, priority, runAt, replace, by }) => [
    ...[id, kind, payload, priority, runAt ?? "", Number(replace)],
    by === undefined ? "added again" : `added again, by ${by}`,
  ]);
  const results = items(await client.run("insert", [time, writer, ANSWER_BYTES, ...values]));
  return jobs.map((job, i) => resultOf(job, items(results[i])));
}

function resultOf(asked: NewJob, [outcome, ...facts]: readonly Reply[]): Added | Refused {
  if (outcome === "added") return addedAs(asked, numberOf(facts[0]), numberOf(facts[1]));
  const job = jobOf(facts[1]);
  switch (outcome) {
    case "replaced": {
      const { leftOut: _, ...afresh } = job;
      return { outcome, job: { ...afresh, payload: asked.payload }, differs: false };
    }
    case "waiting":
      return { outcome, job, differs: facts[0] === 1 };
    default:
      return { outcome: "refused", job };
  }
}
