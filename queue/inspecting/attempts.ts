/** The attempts at a job, read from its history: when each began, how long it ran, and how it ended. */
import type { HistoryEntry, HistoryEvent, Job } from "../job.ts";

export interface Attempt {
  /** Starts at 1, as in the log. If a handler neither returned nor threw, the next attempt has the same number. */
  readonly number: number;
  readonly outcome: "running" | "completed" | "failed" | "postponed" | "stalled" | "crashed" | "released";
  /** Null if unknown, as for a lost attempt after a retry. */
  readonly startedAt: number | null;
  /** Null while it runs. */
  readonly endedAt: number | null;
  readonly ranMs: number | null;
  readonly consumerId: string | null;
  readonly error: string | null;
  /** The error in full, with stack and causes; only for the newest attempts. */
  readonly detail: string | null;
  /** The latest lines that the handler logged; none are kept if the attempt completes. */
  readonly log: string | null;
}

const OUTCOMES: Partial<Record<HistoryEvent, Attempt["outcome"]>> = {
  retried: "failed",
  exhausted: "failed",
  failed: "failed",
  postponed: "postponed",
  stalled: "stalled",
  crashed: "crashed",
  released: "released",
};

/** Oldest first. */
export function attemptsOf(
  { job, history, now }: { job: Job; history: readonly HistoryEntry[]; now: number },
): Attempt[] {
  const attempts = history.flatMap((entry, i) =>
    attemptOf(entry, { isFirst: history[i - 1]?.lease !== entry.lease }) ?? []
  );
  const present = presentOf(job, now);
  return present === null ? attempts : [...attempts, present];
}

/**
 * Null for a line that is not about an attempt: a job may also lose its consumer while it waits for a retry. `isFirst`: it
 * is the first line of its lease.
 */
function attemptOf(
  entry: HistoryEntry,
  { isFirst }: { readonly isFirst: boolean },
): Attempt | null {
  const { at, event, retries, consumerId, detail, ranMs, report, log } = entry;
  const outcome = OUTCOMES[event];
  const isEndOfHandler = outcome === "failed" || outcome === "postponed";
  if (outcome === undefined || !(isEndOfHandler || ranMs !== null)) return null;
  return {
    number: event === "retried" ? retries : retries + 1,
    outcome,
    startedAt: isEndOfHandler ? beforeEnd(entry) : isFirst ? entry.takenAt : null,
    endedAt: at,
    ranMs,
    consumerId,
    error: detail,
    detail: report,
    log,
  };
}

/** Only of an attempt that its handler ended: a lost one may have been noticed hours later. */
function beforeEnd({ at, ranMs }: HistoryEntry): number | null {
  return ranMs === null ? null : at - ranMs;
}

/** The attempt that completed the job, or that is running: the history has a line for neither. */
function presentOf(job: Job, now: number): Attempt | null {
  const isOver = job.status === "COMPLETED";
  if (job.startedAt === null || !(isOver || (job.status === "PROCESSING" && job.runAt <= now))) return null;
  // After a retry or a `RetryLater`, the job still has the lease and start time of its first attempt.
  const startedAt = Math.max(job.startedAt, job.runAt);
  return {
    number: job.retries + 1,
    outcome: isOver ? "completed" : "running",
    startedAt,
    endedAt: isOver ? job.finishedAt : null,
    ranMs: Math.max(0, (isOver ? job.finishedAt : now) - startedAt),
    consumerId: job.consumerId,
    error: null,
    detail: null,
    log: null,
  };
}
