import { INITIAL_STATUS, type Job } from "../job.ts";
import type { Added } from "../roles.ts";
import type { NewJob, Refused } from "../store.ts";
import type { Client, Reply } from "./client.ts";
import { items, jobOf, numberOf } from "./replies.ts";
import { assertJobs } from "./rules.ts";

/**
 * One script takes at most this many jobs, and at most this much text unless it is a single job: the server does nothing
 * else meanwhile.
 */
const MAX_JOBS = 200;
const MAX_TEXT = 8 * 1024 * 1024;
/** Limit of the long values of jobs that exist already, in bytes. */
const ANSWER_BYTES = 1024 * 1024;

/** As many of the jobs as fit into one script. */
function firstBatch(jobs: readonly NewJob[]): NewJob[] {
  let text = 0;
  const end = jobs.findIndex(({ payload }, i) => i === MAX_JOBS || (text += payload.length) > MAX_TEXT);
  return jobs.slice(0, end === -1 ? jobs.length : Math.max(1, end));
}

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
  const jobs = firstBatch(all);
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

/** The job as it was just written: reading it back would cost as much as adding it. */
function addedAs({ id, kind, payload, priority, runAt }: NewJob, seq: number, at: number): Added {
  const job: Job = {
    ...{ seq, lease: 0, id, kind, payload, status: INITIAL_STATUS, priority },
    ...{ runAt: runAt ?? at, retries: 0, crashes: 0, consumerId: null, lastHeartbeat: null },
    ...{ startedAt: null, finishedAt: null, error: null, result: null, canceledFrom: null },
    ...{ createdAt: at, updatedAt: at },
  };
  return { outcome: "added", job, differs: false };
}
