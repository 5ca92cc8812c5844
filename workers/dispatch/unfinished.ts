/** Attempts that ended without an end of their handler's. */
import type { AttemptReport, Outcome } from "@persistent-queue/queue";
import type { Desk } from "./desk.ts";
import type { Attempted } from "./settler.ts";

/** Never begun: somebody else may have it, and nothing is told of it. */
export const HANDED_BACK = { type: "handed-back" } as const satisfies Outcome;

export const STOPPED = { type: "stopped", detail: "The system stopped" } as const satisfies Outcome;

/** Stopped in the middle, a handler may throw whatever it likes: that is not a failed attempt. */
export function toStopped(outcome: Outcome): Outcome {
  if (outcome.type === "returned") return outcome;
  return "report" in outcome && outcome.report !== undefined
    ? { ...STOPPED, report: outcome.report }
    : STOPPED;
}

export interface EndOfConsumer {
  readonly type: "crashed" | "stalled" | "stopped";
  readonly detail: string;
}

/**
 * Clears the desk of a consumer that is gone: its jobs, and how each of them ended. The one it was on is to blame; where
 * it fell silent while on none, the first whose end was not heard of.
 */
export function leftOn(desk: Desk, end: EndOfConsumer, now: number): Attempted[] {
  const { unbegun, waiting } = desk.clear();
  const held = [...desk.held.values()];
  const begun = held.filter(({ canceled }) => canceled === null || canceled === "stopping");
  const culprit = held.find(({ ticket }) => desk.tickets.isUnderWay(ticket)) ??
    (end.type === "stalled" ? begun[0] : undefined);
  return [
    ...unbegun.map((job) => ({ job, outcome: HANDED_BACK })),
    ...begun.map((one) => ({
      job: one.job,
      // Whatever it logged is in the consumer's log alone: its thread is gone.
      outcome: { guilty: one === culprit, ...end, report: ranFor(now - one.givenAt) },
    })),
    ...waiting.map((job) => ({ job, outcome: { guilty: false, ...end } })),
  ];
}

function ranFor(ms: number): AttemptReport {
  return { ranMs: Math.max(0, Math.round(ms)), detail: null, log: null };
}
