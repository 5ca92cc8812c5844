/**
 * Is what a store holds possible at all? Checks the promises of the queue after the fact, against the store alone or
 * also against a ledger: what somebody outside was told had been done.
 */
import { FINISHED, type FinishedStatus, type HistoryEntry, type Job } from "./job.ts";
import { printable } from "./printable.ts";
import type { Store } from "./store.ts";

/** What was acknowledged to somebody who outlives the queue: ids. */
export interface Ledger {
  readonly added: Iterable<string>;
  readonly completed: Iterable<string>;
}

export interface VerifyOptions {
  /** Reads every page of the database and every job's history too. */
  readonly deep?: boolean;
  readonly ledger?: Ledger;
  /** How many retries a job may have used up. */
  readonly retryLimit?: number;
  /** Nothing is left to do: every job must be finished. */
  readonly drained?: boolean;
}

const PAGE = 500;
/** So many sentences are enough to act on. */
const MOST_PROBLEMS = 100;

/** Sentences about what is wrong, 100 at most; empty = sound. Without a ledger also right while the queue runs. */
export async function verify(store: Store, options: VerifyOptions): Promise<string[]> {
  const problems = await store.check({ deep: options.deep ?? false });
  const ledger = options.ledger;
  if (ledger) problems.push(...await problemsOfLedger(store, ledger));
  let before: number | null = Infinity;
  while (before !== null && problems.length < MOST_PROBLEMS) {
    const page = await store.list({ limit: PAGE, ...(before === Infinity ? {} : { before }) });
    for (const job of page.jobs) problems.push(...await problemsOfJob(store, job, options));
    before = page.next;
  }
  return problems.slice(0, MOST_PROBLEMS);
}

/** An acknowledged job is stored, an acknowledged completion stays. */
async function problemsOfLedger(store: Store, { added, completed }: Ledger): Promise<string[]> {
  const problems: string[] = [];
  for (const id of added) {
    if (await store.get(id) === null) {
      problems.push(`Job "${printable(id)}" was acknowledged and is not stored.`);
    }
  }
  for (const id of completed) {
    const status = (await store.get(id))?.job.status ?? "lost";
    if (status !== "COMPLETED") {
      problems.push(`Job "${printable(id)}" was acknowledged as completed and is ${status}.`);
    }
  }
  return problems;
}

async function problemsOfJob(store: Store, job: Job, options: VerifyOptions): Promise<string[]> {
  const problems = [...problemsOfFacts(job, options)];
  const found = options.deep ? await store.get(job.id) : null;
  if (found) problems.push(...problemsOfStory(found));
  return problems.map((problem) => `Job "${printable(job.id)}" ${problem}.`);
}

function* problemsOfFacts(job: Job, { retryLimit = Infinity, drained }: VerifyOptions) {
  if (job.retries > retryLimit) yield `was retried ${job.retries} times, but only ${retryLimit} are allowed`;
  if (drained && !isFinished(job)) yield `is still ${job.status}, though everything is said to be done`;
}

/** Leases only grow, and under each of them the job ends at most once. */
function* problemsOfStory({ job, history }: { job: Job; history: readonly HistoryEntry[] }) {
  let lease = 0;
  const ended = new Set<number>();
  for (const line of history) {
    if (line.lease < lease) yield `went back from lease ${lease} to ${line.lease}`;
    lease = line.lease;
    if (line.event !== "failed" && line.event !== "exhausted") continue;
    if (ended.has(line.lease)) yield `ended twice under lease ${line.lease}`;
    ended.add(line.lease);
  }
  if (job.lease < lease) yield `has lease ${job.lease}, but its history knows ${lease}`;
}

function isFinished(job: Job): boolean {
  return FINISHED.includes(job.status as FinishedStatus);
}
