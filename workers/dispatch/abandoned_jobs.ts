/** Attempts that ended without an outcome from their handler. */
import type { AttemptReport, Outcome } from "@persistent-queue/queue";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";
import type { Attempted } from "./settler.ts";

/** Never begun: another consumer may run it, and nothing is recorded. */
export const HANDED_BACK = { type: "handed-back" } as const satisfies Outcome;

export const STOPPED = { type: "stopped", detail: "The system stopped" } as const satisfies Outcome;

/** A handler stopped midway may throw anything: that is not a failed attempt. */
export function toStopped(outcome: Outcome): Outcome {
  if (outcome.type === "returned") return outcome;
  return "report" in outcome && outcome.report !== undefined
    ? { ...STOPPED, report: outcome.report }
    : STOPPED;
}

export interface EndOfConsumer {
  readonly type: "crashed" | "stalled" | "stopped";
  readonly detail: string;
  /** The ticket of the job to blame, or null for none; found out unless given. */
  readonly guilty?: number | null;
}

/**
 * Clears the handle of a consumer that is gone: its jobs, and how each of them ended. Unless the one to blame
 * is given, it is the running job, or else one whose end was not reported.
 */
export function abandonedJobs(handle: ConsumerHandle, end: EndOfConsumer, now: number): Attempted[] {
  const { type, detail } = end;
  const { unbegun, waiting } = handle.clear();
  const inFlight = [...handle.inFlight.values()];
  const begun = inFlight.filter(({ canceled }) => canceled === null || canceled === "stopping");
  const culprit = culpritOf(handle, { inFlight, begun, end });
  return [
    ...unbegun.map((job) => ({ job, outcome: HANDED_BACK })),
    ...begun.map((one) => ({
      job: one.job,
      // Its log lines are only in the consumer's log: its thread is gone.
      outcome: { guilty: one === culprit, type, detail, report: ranFor(now - one.givenAt) },
    })),
    ...waiting.map((job) => ({ job, outcome: { guilty: false, type, detail } })),
  ];
}

function ranFor(ms: number): AttemptReport {
  return { ranMs: Math.max(0, Math.round(ms)), detail: null, log: null };
}

interface LeftOver {
  readonly inFlight: readonly InFlightJob[];
  readonly begun: readonly InFlightJob[];
  readonly end: EndOfConsumer;
}

function culpritOf(
  handle: ConsumerHandle,
  { inFlight, begun, end: { type, guilty } }: LeftOver,
): InFlightJob | undefined {
  if (guilty !== undefined) return inFlight.find(({ ticket }) => ticket === guilty);
  const underWay = inFlight.find(({ ticket }) => handle.tickets.isUnderWay(ticket));
  // A thread falls silent with the first report that is missing, and dies of the last.
  return underWay ?? begun.at(type === "stalled" ? 0 : -1);
}
