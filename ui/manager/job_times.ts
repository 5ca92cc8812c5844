/**
 * How long a job waited, how long it took, and what it waits for: as far as its row says, without its history. Times in milliseconds since 1970, by the server's clock; null: not known, or not yet.
 */
import { DAY_MS, MINUTE_MS } from "@persistent-queue/queue/basics";
import { date, duration, moment } from "../components/format.ts";
import type { WireJob } from "./views.ts";

type Times = Pick<
  WireJob,
  | "status"
  | "created_at"
  | "updated_at"
  | "run_at"
  | "started_at"
  | "finished_at"
  | "retries"
  | "lease"
  | "dismissed"
>;

/** What the columns mean, for people. */
export const MEANINGS = {
  Waited:
    "How long it was due before a consumer claimed it. Not known once it has been retried or claimed again.",
  Took:
    "From when a consumer last claimed it until it ended, with its retries and the pauses between them. " +
    "Not known if it was canceled after it had failed.",
} as const;

/** Until it was claimed; while it is PENDING and due, until now. */
export function waitedMs(
  { status, created_at, updated_at, run_at, started_at, retries, lease }: Times,
  now: number,
): number | null {
  const dueAt = Math.max(created_at, run_at);
  // A job that was claimed before may have been at work since it was due: it waits since it came back.
  if (status === "PENDING") {
    return dueAt <= now ? now - (lease === 0 ? dueAt : Math.max(dueAt, updated_at)) : null;
  }
  // A retry has changed when it is due. When that was at first, or when a job came back, is not in the row.
  const isKnown = retries === 0 && lease === 1;
  return started_at === null || !isKnown || dueAt > started_at ? null : started_at - dueAt;
}

/** From its last claim until it ended; while it is PROCESSING, until now. When each attempt began is not in the row. */
export function tookMs({ status, started_at, finished_at, dismissed }: Times, now: number): number | null {
  // A cancel after the end has overwritten when that was.
  if (started_at === null || status === "PENDING" || dismissed) return null;
  if (status === "PROCESSING") return Math.max(0, now - started_at);
  return finished_at === null || finished_at < started_at ? null : finished_at - started_at;
}

/** Within this time a time of day says less than the remaining time. */
const NEAR_MS = MINUTE_MS;

type Waiting = Pick<WireJob, "status" | "kind" | "run_at" | "retries" | "no_handler" | "handler_broken">;

/** `due 3 Jan 2030, 09:00 UTC (in 1131 d)`, `retry in 2 s`: what a job waits for, or null. `now` by the server's clock. */
export function waitOf(job: Waiting, now: number): string | null {
  return waitInWords(job, now, (runAt, waitMs) => `${moment(runAt, now)} (in ${duration(waitMs)})`);
}

/** The same, where space is short: `due in 59 min`, `due 3 Jan 2030`. */
export function shortWaitOf(job: Waiting, now: number): string | null {
  return waitInWords(job, now, (runAt, waitMs) => waitMs < DAY_MS ? `in ${duration(waitMs)}` : date(runAt));
}

function waitInWords(
  { status, kind, run_at, retries, no_handler, handler_broken }: Waiting,
  now: number,
  whenOf: (runAt: number, waitMs: number) => string,
): string | null {
  if (handler_broken) return `the handler for kind ${kind} cannot be loaded`;
  if (no_handler) return `no handler for kind ${kind}`;
  const waitMs = run_at - now;
  if (waitMs <= 0) return null;
  const when = waitMs < NEAR_MS ? `in ${duration(waitMs)}` : whenOf(run_at, waitMs);
  if (status === "PENDING") return `due ${when}`;
  // A PROCESSING job was due when it was claimed: it waits for another attempt.
  if (status === "PROCESSING") return `${retries > 0 ? "retry" : "again"} ${when}`;
  return null;
}
