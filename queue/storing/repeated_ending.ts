/**
 * A caller repeats an ending if its answer was lost, although it may be stored already. Then nothing is written, and the
 * lease counts as held.
 */
import { MOVES, type Status } from "../job.ts";
import type { Settlement } from "../ending.ts";

/** What the job of an ending that is stored looks like, under the same lease. */
export interface RepeatMark {
  readonly status: Status;
  /** Null: any. */
  readonly retries: number | null;
  readonly error: string | null;
  /** Of a completion. */
  readonly result: string | null;
}

/** Null: a repetition shows by nothing, and does no harm. */
export function repeatMark(ending: Settlement): RepeatMark | null {
  switch (ending.verb) {
    case "complete":
      return { status: MOVES.complete.to, retries: null, error: null, result: ending.result };
    case "retry":
      // Each failed attempt counts one retry more. A postponed one replaces its line.
      return ending.event === "retried"
        ? { status: MOVES.retry.to, retries: ending.retries, error: null, result: null }
        : null;
    case "exhaust":
    case "fail":
      return { status: MOVES[ending.verb].to, retries: ending.retries, error: ending.error, result: null };
    case "release":
      return null;
  }
}
