/**
 * A caller repeats an ending if its answer was lost, although it may be stored already. Then nothing is written, and the
 * lease counts as held.
 */
import { type HistoryEvent, MOVES, type Status } from "../job.ts";
import type { Settlement } from "../ending.ts";

/** The newest line of the history, where an attempt has written it: what tells this attempt from any other. */
export interface LineMark {
  readonly event: HistoryEvent;
  readonly detail: string | null;
  readonly ranMs: number | null;
}

/** What the job of an ending that is stored looks like, under the same lease. */
interface RepeatMark {
  readonly status: Status;
  /** Null: any. */
  readonly retries: number | null;
  readonly error: string | null;
  /** Of a completion. */
  readonly result: string | null;
  /** Null: any. A job that is released looks like one that was taken from its holder, except for this line. */
  readonly line: LineMark | null;
}

const ANY = { retries: null, error: null, result: null, line: null };

/** Null: the repetition shows by nothing, or, of a postponed attempt, by its own mark. */
export function repeatMark(ending: Settlement): RepeatMark | null {
  switch (ending.verb) {
    case "complete":
      return { ...ANY, status: MOVES.complete.to, result: ending.result };
    case "retry":
      // Each failed attempt counts one retry more.
      return ending.event === "retried" ? { ...ANY, status: MOVES.retry.to, retries: ending.retries } : null;
    case "exhaust":
    case "fail":
      return { ...ANY, status: MOVES[ending.verb].to, retries: ending.retries, error: ending.error };
    case "release": {
      const { event, charge, isReaped = false } = ending;
      const status = charge?.status ?? MOVES.release.to;
      return isReaped ? null : { ...ANY, status, line: event === null ? null : lineOf(event, ending) };
    }
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
  readonly line: LineMark;
}

export function postponedMark(ending: Settlement): PostponedMark | null {
  if (ending.verb !== "retry" || ending.event !== "postponed") return null;
  const { retries, delayMs, event } = ending;
  return { retries, delayMs, line: lineOf(event, ending) };
}

function lineOf(
  event: HistoryEvent,
  { detail, report }: { readonly detail: string | null } & Pick<Settlement, "report">,
): LineMark {
  return { event, detail, ranMs: report?.ranMs ?? null };
}
