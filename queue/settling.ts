/** The ends of attempts: what is written, which events are emitted, and what the dispatcher gets back. */
import type { QueueEvent } from "./events.ts";
import { isFinished } from "./job.ts";
import { decide, type Policy } from "./policy.ts";
import type { Outcome, Verdict } from "./roles.ts";
import type { Claimed, Ending, Settlement } from "./store.ts";

export interface Settled {
  readonly job: Claimed;
  readonly ending: Ending;
  /** False if the lease was lost and nothing was written. */
  readonly isHeld: boolean;
}

export function toSettlement(job: Claimed, outcome: Outcome, policy: Policy & { now: number }): Settlement {
  return { seq: job.seq, lease: job.lease, at: policy.now, ...decide(job, outcome, policy) };
}

export function toSettled(job: Claimed, ending: Ending | undefined, isHeld: boolean | undefined): Settled {
  if (ending === undefined || isHeld === undefined) throw new TypeError("The store left out a settlement.");
  return { job, ending, isHeld };
}

export function toVerdict({ ending, isHeld }: Settled, now: number): Verdict {
  if (!isHeld) return { type: "lost" };
  return ending.verb === "retry"
    ? { type: "again", delayMs: ending.runAt - now, retries: ending.retries }
    : { type: "stored" };
}

export interface Telling {
  readonly now: number;
  /** As many retries as there are delays. */
  readonly retries: number;
  readonly emit: (event: QueueEvent) => void;
}

/** Completed jobs are reported as a number: they are many, and need no details. */
export function tellSettled(settled: readonly Settled[], telling: Telling): void {
  let completed = 0;
  for (const { job, ending, isHeld } of settled) {
    if (!isHeld) telling.emit({ type: "fenced", id: job.id, consumerId: job.consumerId });
    else if (ending.verb === "complete") completed += 1;
    else tellEnding(job, ending, telling);
  }
  if (completed > 0) telling.emit({ type: "completed", count: completed });
}

function tellEnding(job: Claimed, ending: Ending, { now, retries, emit }: Telling): void {
  const { id, consumerId } = job;
  switch (ending.verb) {
    case "retry": {
      const { detail: error } = ending;
      const delayMs = ending.runAt - now;
      if (ending.event === "postponed") return emit({ type: "postponed", id, consumerId, delayMs, error });
      return emit({ type: "retrying", id, consumerId, attempt: ending.retries, of: retries, delayMs, error });
    }
    case "exhaust":
      return emit({ type: "exhausted", id, consumerId, error: ending.error, cause: "retries" });
    case "fail":
      return emit({ type: "failed", id, consumerId, error: ending.error });
    case "release": {
      const { event: why, charge } = ending;
      if (why === null) return;
      const detail = ending.detail ?? why;
      emit({ type: "released", id, consumerId, why, detail });
      if (charge === null || !isFinished(charge.status)) return;
      emit({ type: "exhausted", id, consumerId, error: detail, cause: "crashes" });
    }
  }
}
