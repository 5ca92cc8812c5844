import { DAY_MS, MINUTE_MS } from "@persistent-queue/queue/basics";
import { date, duration, moment } from "../components/format.ts";
import type { WireJob } from "./views.ts";

/** Nearer than this a time of day says less than how long it takes. */
const NEAR_MS = MINUTE_MS;

type Waiting = Pick<WireJob, "status" | "kind" | "run_at" | "retries" | "no_handler">;

/** `due 3 Jan 2030, 09:00 UTC (in 1131 d)`, `retry in 2 s`: what a job waits for, if it is a time. `now` by the server's clock. */
export function waitOf(job: Waiting, now: number): string | null {
  return inWords(job, now, (runAt, waitMs) => `${moment(runAt, now)} (in ${duration(waitMs)})`);
}

/** The same where room is short: `due in 59 min`, `due 3 Jan 2030`. */
export function shortWaitOf(job: Waiting, now: number): string | null {
  return inWords(job, now, (runAt, waitMs) => waitMs < DAY_MS ? `in ${duration(waitMs)}` : date(runAt));
}

function inWords(
  { status, kind, run_at, retries, no_handler }: Waiting,
  now: number,
  whenOf: (runAt: number, waitMs: number) => string,
): string | null {
  if (no_handler) return `no handler for kind ${kind}`;
  const waitMs = run_at - now;
  if (waitMs <= 0) return null;
  const when = waitMs < NEAR_MS ? `in ${duration(waitMs)}` : whenOf(run_at, waitMs);
  if (status === "PENDING") return `due ${when}`;
  // A job that is at work was due when it was taken: it waits for another attempt.
  if (status === "PROCESSING") return `${retries > 0 ? "retry" : "again"} ${when}`;
  return null;
}
