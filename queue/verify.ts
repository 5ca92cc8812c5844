/**
 * Checks the invariants of the queue after the fact, against the store alone or also against a ledger of what was
 * acknowledged to a client. The invariants by number:
 *
 * I1 an acknowledged job is stored, I2 an acknowledged completion stays (ledger) · I3 a job ends at most once, I4 its
 * leases only grow, I7 retries wait for their time (`story.ts`) · I5 no more retries than allowed · I6 after a drain
 * all is finished · I8 every PROCESSING job is held, or the sweep will find it · I9 the pages are sound and the counts
 * right (the store's check).
 *
 * The fault tests check the other three elsewhere: I10 the files are the same ones, and the log is small · I11 late
 * writes change nothing and are counted · I12 all threads are back within seconds.
 */
import { checkStorage } from "./capabilities.ts";
import { isFinished, type Job, type Lease } from "./job.ts";
import { pages } from "./pages.ts";
import { printable } from "./printable.ts";
import { problemsOfStory, type StoryOptions } from "./story.ts";
import type { JobQuery, Store } from "./store.ts";

/** The ids that were acknowledged to a client that outlives the queue. */
export interface Ledger {
  readonly added: Iterable<string>;
  readonly completed: Iterable<string>;
}

export interface JobOptions extends StoryOptions {
  /** Also checks the history of every job. */
  readonly deep?: boolean;
  /** How many retries a job may have used up. */
  readonly retryLimit?: number;
  /** The queue is drained, so every job must be finished. */
  readonly drained?: boolean;
  /** The leases in flight at this moment; `silentSince` is the oldest heartbeat that the sweep leaves alone. */
  readonly held?: { readonly leases: readonly Lease[]; readonly silentSince: number };
  /** How many jobs to check at a time. */
  readonly page?: number;
}

export interface VerifyOptions extends JobOptions {
  /** Also reads the history of every job, and everything that is stored if the backend can. */
  readonly deep?: boolean;
  readonly ledger?: Ledger;
}

const PAGE = 500;
/** More problems than this are not reported. */
const MOST_PROBLEMS = 100;

/** Returns a sentence for each problem, 100 at most; empty = sound. Without a ledger the queue may be running. */
export async function verify(store: Store, options: VerifyOptions): Promise<string[]> {
  const problems = await checkStorage(store, { deep: options.deep ?? false });
  if (options.ledger) problems.push(...await problemsOfLedger(store, options.ledger));
  for await (const found of verifyJobs(store, options)) {
    problems.push(...found);
    if (problems.length >= MOST_PROBLEMS) break;
  }
  return problems.slice(0, MOST_PROBLEMS);
}

/** The same for the jobs alone, a page at a time, newest first. */
export async function* verifyJobs(store: Store, options: JobOptions): AsyncGenerator<string[]> {
  const query: JobQuery = { limit: options.page ?? PAGE, values: false };
  for await (const { jobs } of pages((from) => store.list({ ...query, ...from }))) {
    const problems: string[] = [];
    for (const job of jobs) problems.push(...await problemsOfJob(store, job, options));
    yield problems;
  }
}

async function problemsOfLedger(store: Store, { added, completed }: Ledger): Promise<string[]> {
  const problems: string[] = [];
  for (const id of added) {
    if (await store.get(id, { values: false }) === null) {
      problems.push(`Job "${printable(id)}" was acknowledged and is not stored.`);
    }
  }
  for (const id of completed) {
    const status = (await store.get(id, { values: false }))?.job.status ?? "lost";
    if (status !== "COMPLETED") {
      problems.push(`Job "${printable(id)}" was acknowledged as completed and is ${status}.`);
    }
  }
  return problems;
}

async function problemsOfJob(store: Store, job: Job, options: JobOptions): Promise<string[]> {
  const problems = [...problemsOfFacts(job, options)];
  const found = options.deep ? await store.get(job.id, { values: false }) : null;
  if (found) problems.push(...problemsOfStory(found, options));
  return problems.map((problem) => `Job "${printable(job.id)}" ${problem}.`);
}

function* problemsOfFacts(job: Job, { retryLimit = Infinity, drained, held }: JobOptions) {
  if (job.retries > retryLimit) yield `was retried ${job.retries} times, but only ${retryLimit} are allowed`;
  if (drained && !isFinished(job.status)) {
    yield `is still ${job.status}, though everything is said to be done`;
  }
  if (held && job.status === "PROCESSING" && job.lastHeartbeat >= held.silentSince) {
    const isHeld = held.leases.some(({ seq, lease }) => seq === job.seq && lease === job.lease);
    if (!isHeld) yield "is PROCESSING, but no consumer holds it, and its heartbeat looks alive";
  }
}
