/** What a thread reports: attempts that ended, and jobs that no caller waits for any more. */
import type { Outcome } from "@persistent-queue/queue";
import type { Result } from "../protocol.ts";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";
import { toStopped } from "./abandoned_jobs.ts";

export interface Ended {
  readonly inFlight: InFlightJob;
  readonly outcome: Outcome;
}

/** A job that asks to be called later has not failed, nor has one that was stopped. */
const FAILURES: readonly Outcome["type"][] = ["threw", "gave-up", "timed-out"];

/** Removes them from the handle, and counts them. */
export function takeEnded(handle: ConsumerHandle, results: readonly Result[], busyMs: number) {
  const outcomes = new Map(results.map(({ ticket, outcome }) => [ticket, outcome]));
  const ended: Ended[] = [];
  const dropped: InFlightJob[] = [];
  for (const inFlight of handle.take([...outcomes.keys()], busyMs)) {
    const outcome = outcomes.get(inFlight.ticket);
    // Where the lease was lost the store refuses, and that is counted.
    if (outcome === undefined || inFlight.canceled === "canceled") dropped.push(inFlight);
    else ended.push({ inFlight, outcome: inFlight.canceled === "stopping" ? toStopped(outcome) : outcome });
  }
  handle.done += ended.length;
  handle.failed += ended.filter(({ outcome }) => FAILURES.includes(outcome.type)).length;
  return { ended, dropped };
}
