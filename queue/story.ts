/** Checks the stored state of a job against its history: whether it can have come about. */
import type { HistoryEntry, HistoryEvent, Job, Status } from "./job.ts";

export interface Story {
  readonly job: Job;
  readonly history: readonly HistoryEntry[];
}

export interface StoryOptions {
  /** No row was edited by hand, so the history shows how each job ended. */
  readonly untouched?: boolean;
  /** How long each retry has to wait, in milliseconds; given only if neither the clock nor the delays were changed. */
  readonly retryDelaysMs?: readonly number[];
}

const ENDS: Partial<Record<HistoryEvent, Status>> = {
  exhausted: "UNPROCESSABLE",
  failed: "FAILED",
  canceled: "CANCELED",
};

export function* problemsOfStory(story: Story, { untouched, retryDelaysMs }: StoryOptions) {
  yield* problemsOfLeases(story);
  if (untouched) yield* problemsOfEnds(story);
  if (retryDelaysMs) yield* problemsOfDelays(story, retryDelaysMs);
}

/** Leases only grow, and under each of them the job ends at most once. */
function* problemsOfLeases({ job, history }: Story) {
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

/** A finished job stays finished until an operator moves it: it does not end again, or reopen without a line. */
function* problemsOfEnds({ job, history }: Story) {
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

/** An attempt never ends before the wait for it was over. */
function* problemsOfDelays({ job, history }: Story, delaysMs: readonly number[]) {
  for (const [i, { event, at, lease, retries }] of history.entries()) {
    if (event !== "retried") continue;
    const next = history[i + 1] ??
      (job.status === "COMPLETED" ? { at: job.finishedAt, lease: job.lease } : null);
    if (next === null || next.lease !== lease || !isAttempt(history[i + 1]?.event)) continue;
    const delayMs = delaysMs[retries - 1] ?? 0;
    if (next.at - at < delayMs) yield `was tried again after ${next.at - at} ms instead of ${delayMs}`;
  }
}

/** Whether that line, or the completion if there is none, records the end of an attempt. */
function isAttempt(event: HistoryEvent | undefined): boolean {
  return event === undefined || ["retried", "postponed", "exhausted", "failed"].includes(event);
}
