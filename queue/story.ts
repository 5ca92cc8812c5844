/** Can a job have come to be as it is? Checks what the store holds of it against its own history. */
import type { HistoryEntry, HistoryEvent, Job, Status } from "./job.ts";

export interface Story {
  readonly job: Job;
  readonly history: readonly HistoryEntry[];
}

export interface StoryOptions {
  /** Nobody edited a row by hand: then the history tells how each job ended. */
  readonly untouched?: boolean;
  /** How long each retry has to wait, in milliseconds: nobody set the clock or these meanwhile. */
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

/** What has ended stays so until a person moves it: nobody ends it again, or opens it in silence. */
function* problemsOfEnds({ job, history }: Story) {
  let end: Status | null = null;
  for (const { event, lease } of history) {
    // What was moved since is not known where lines are folded.
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
  if (end !== null && job.status !== end) yield `ended ${end}, and is ${job.status} though nobody moved it`;
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

/** Whether that line, or the completion where there is none, tells of an attempt's end. */
function isAttempt(event: HistoryEvent | undefined): boolean {
  return event === undefined || ["retried", "postponed", "exhausted", "failed"].includes(event);
}
