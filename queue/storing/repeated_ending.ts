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

/** The repetition of a postponed attempt shows by its own mark; that of a release by nothing, and does no harm. */
export function repeatMark(ending: Settlement): RepeatMark | null {
  switch (ending.verb) {
    case "complete":
      return { status: MOVES.complete.to, retries: null, error: null, result: ending.result };
    case "retry":
      // Each failed attempt counts one retry more.
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

/**
 * A postponed attempt that is stored: its job waits since the time of its newest line, for as long as asked, and more than
 * half of that is left. The next attempt may end in the same way, but not that early, even if clocks differ a little.
 * After that time a repetition is stored once more, which is true as well: the caller waits from the answer on.
 */
export interface PostponedMark {
  readonly retries: number;
  readonly delayMs: number;
  readonly detail: string;
  readonly ranMs: number | null;
}

export function postponedMark(ending: Settlement): PostponedMark | null {
  if (ending.verb !== "retry" || ending.event !== "postponed") return null;
  const { retries, delayMs, detail, report } = ending;
  return { retries, delayMs, detail, ranMs: report?.ranMs ?? null };
}
