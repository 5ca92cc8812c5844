/** What a thread reports: attempts that ended, and jobs that no caller waits for any more. */
import type { Outcome } from "@persistent-queue/queue";
import type { Result } from "../protocol.ts";
import type { Desk, Held } from "./desk.ts";
import { toStopped } from "./unfinished.ts";

export interface Ended {
  readonly held: Held;
  readonly outcome: Outcome;
}

/** A job that asks to be called later has not failed, nor has one that was stopped. */
const FAILURES: readonly Outcome["type"][] = ["threw", "gave-up", "timed-out"];

/** Removes them from the desk, and counts them. */
export function takeEnded(desk: Desk, results: readonly Result[], busyMs: number) {
  const outcomes = new Map(results.map(({ ticket, outcome }) => [ticket, outcome]));
  const ended: Ended[] = [];
  const dropped: Held[] = [];
  for (const held of desk.take([...outcomes.keys()], busyMs)) {
    const outcome = outcomes.get(held.ticket);
    // Where the lease was lost the store refuses, and that is counted.
    if (outcome === undefined || held.canceled === "canceled") dropped.push(held);
    else ended.push({ held, outcome: held.canceled === "stopping" ? toStopped(outcome) : outcome });
  }
  desk.done += ended.length;
  desk.failed += ended.filter(({ outcome }) => FAILURES.includes(outcome.type)).length;
  return { ended, dropped };
}
