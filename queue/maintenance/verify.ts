/**
 * Checks the invariants of the queue after the fact, against the store alone, or also against a ledger of what was
 * acknowledged to a client. The invariants by number:
 *
 * I1 an acknowledged job is stored, I2 an acknowledged completion stays (ledger) · I3 a job ends at most once, I4 its
 * leases only grow, I7 retries wait for their time (history) · I5 no more retries than allowed · I6 after a drain every
 * job is finished · I8 every PROCESSING job is held, or the sweep will find it · I9 the pages are sound and the counts
 * right (the store's check).
 *
 * The fault tests check the other three elsewhere: I10 the files are the same ones, and the log is small · I11 late
 * writes change nothing and are counted · I12 all threads are back within seconds.
 */
import { checkStorage } from "../capabilities.ts";
import {
  type HistoryEntry,
  type HistoryEvent,
  isFinished,
  type Job,
  type Lease,
  type Status,
} from "../job.ts";
import { pages } from "../inspecting/pages.ts";
import { printable } from "../basics/text.ts";
import type { JobQuery, Store } from "../store.ts";

/** The ids that were acknowledged to a client that survives the queue. */
export interface Ledger {
  readonly added: Iterable<string>;
  readonly completed: Iterable<string>;
}

interface HistoryOptions {
  /** No row was edited by hand, so the history shows how each job ended. */
  readonly untouched?: boolean;
  /** The wait before each retry, in milliseconds; given only if neither the clock nor the delays were changed. */
  readonly retryDelaysMs?: readonly number[];
}

interface VerifyJobsOptions extends HistoryOptions {
  /** Also checks the history of every job. */
  readonly deep?: boolean;
  /** The most retries that a job may have used. */
  readonly retryLimit?: number;
  /** The queue is drained, so every job must be finished. */
  readonly drained?: boolean;
  /** The leases in flight now; `silentSince` is the oldest heartbeat that the sweep leaves alone. */
  readonly held?: { readonly leases: readonly Lease[]; readonly silentSince: number };
  /** How many jobs to check at a time. */
  readonly page?: number;
}

export interface VerifyOptions extends VerifyJobsOptions {
  /** Also reads the history of every job, and all stored data if the backend can. */
  readonly deep?: boolean;
  readonly ledger?: Ledger;
}

const PAGE = 500;
/** How many histories are requested at once: one after the other, round trips to a server took most of the time. */
const HISTORIES_AT_ONCE = 10;
/** At most this many problems are reported. */
const MAX_PROBLEMS = 100;

/** Returns a sentence for each problem, at most 100; empty = sound. Without a ledger, the queue may be running. */
export async function verify(store: Store, options: VerifyOptions): Promise<string[]> {
  const problems = await checkStorage(store, { deep: options.deep ?? false });
  if (options.ledger) problems.push(...await problemsOfLedger(store, options.ledger));
  for await (const found of verifyJobs(store, options)) {
    problems.push(...found);
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return problems.slice(0, MAX_PROBLEMS);
}

/** The same for the jobs only, one page at a time, newest first. */
export async function* verifyJobs(store: Store, options: VerifyJobsOptions): AsyncGenerator<string[]> {
  const query: JobQuery = { limit: options.page ?? PAGE, values: false };
  for await (const { jobs } of pages((from) => store.list({ ...query, ...from }))) {
    const problems: string[] = [];
    for (let i = 0; i < jobs.length; i += HISTORIES_AT_ONCE) {
      const some = jobs.slice(i, i + HISTORIES_AT_ONCE);
      problems.push(...(await Promise.all(some.map((job) => problemsOfJob(store, job, options)))).flat());
    }
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

async function problemsOfJob(store: Store, job: Job, options: VerifyJobsOptions): Promise<string[]> {
  const problems = [...problemsOfFacts(job, options)];
  const found = options.deep ? await store.get(job.id, { values: false }) : null;
  if (found) problems.push(...problemsOfHistory(found, options));
  return problems.map((problem) => `Job "${printable(job.id)}" ${problem}.`);
}

function* problemsOfFacts(job: Job, { retryLimit = Infinity, drained, held }: VerifyJobsOptions) {
  if (job.retries > retryLimit) yield `was retried ${job.retries} times, but only ${retryLimit} are allowed`;
  if (drained && !isFinished(job.status)) {
    yield `is still ${job.status}, though everything is said to be done`;
  }
  if (held && job.status === "PROCESSING" && job.lastHeartbeat >= held.silentSince) {
    const isHeld = held.leases.some(({ seq, lease }) => seq === job.seq && lease === job.lease);
    if (!isHeld) yield "is PROCESSING, but no consumer holds it, and its heartbeat looks alive";
  }
}

interface Found {
  readonly job: Job;
  readonly history: readonly HistoryEntry[];
}

const ENDS: Partial<Record<HistoryEvent, Status>> = {
  exhausted: "UNPROCESSABLE",
  failed: "FAILED",
  canceled: "CANCELED",
};

/** Checks whether the stored state of a job can follow from its history. */
export function* problemsOfHistory(found: Found, { untouched, retryDelaysMs }: HistoryOptions) {
  yield* problemsOfLeases(found);
  if (untouched) yield* problemsOfEnds(found);
  if (retryDelaysMs) yield* problemsOfDelays(found, retryDelaysMs);
}

/** Leases only grow, and the job ends at most once under each. */
function* problemsOfLeases({ job, history }: Found) {
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

/** A finished job stays finished until an operator moves it: it does not end again, or reopen without a history line. */
function* problemsOfEnds({ job, history }: Found) {
  let end: Status | null = null;
  for (const { event, lease } of history) {
    // Folded lines may hide a move.
    if (event === "resubmitted" || event === "replaced" || event === "folded") {
      end = null;
      continue;
    }
    if (end !== null && event !== "canceled") {
      yield `was ${end} already when it ${
        event === "failed" ? "failed" : `was ${event}`
      } under lease ${lease}`;
    }
    end = ENDS[event] ?? end;
  }
  if (end !== null && job.status !== end) yield `ended ${end}, and is ${job.status} but was never moved`;
}

/** An attempt never ends before the wait that precedes it is over. */
function* problemsOfDelays({ job, history }: Found, delaysMs: readonly number[]) {
  for (const [i, { event, at, lease, retries }] of history.entries()) {
    if (event !== "retried") continue;
    const next = history[i + 1] ??
      (job.status === "COMPLETED" ? { at: job.finishedAt, lease: job.lease } : null);
    if (next === null || next.lease !== lease || !isAttempt(history[i + 1]?.event)) continue;
    const delayMs = delaysMs[retries - 1] ?? 0;
    if (next.at - at < delayMs) yield `was tried again after ${next.at - at} ms instead of ${delayMs}`;
  }
}

/** Whether this line, or the completion if there is none, records the end of an attempt. */
function isAttempt(event: HistoryEvent | undefined): boolean {
  return event === undefined || ["retried", "postponed", "exhausted", "failed"].includes(event);
}
