/**
 * Conditions on the status of a job as SQL, built once from the tables of `job.ts`: no backend's statement names a status
 * itself.
 */
import {
  FINISHED,
  INITIAL_STATUS,
  isFinished,
  MOVES,
  RESUBMIT,
  type Status,
  STATUSES,
  type Verb,
} from "../job.ts";

const quoted = (statuses: readonly Status[]) => statuses.map((status) => `'${status}'`).join(", ");

/** `status = 'A'`, because a partial index serves a query only if both have the same text; or `status IN ('A', 'B')`. */
export function isOneOf(statuses: readonly Status[]): string {
  return statuses.length === 1 ? `status = ${quoted(statuses)}` : `status IN (${quoted(statuses)})`;
}

function byVerb(sqlOf: (verb: Verb) => string): Record<Verb, string> {
  const entries = (Object.keys(MOVES) as Verb[]).map((verb) => [verb, sqlOf(verb)]);
  return Object.fromEntries(entries) as Record<Verb, string>;
}

/** Whether the verb may move the job. */
export const MAY = byVerb((verb) => isOneOf(MOVES[verb].from));
/** The status to which the verb moves the job. */
export const TO = byVerb((verb) => quoted([MOVES[verb].to]));

export const IN_FLIGHT = MAY.release;

export const IS_FINISHED = isOneOf(FINISHED);
/** The same, phrased as in the index `jobs_finished`. */
export const IS_IN_FINISHED_INDEX = `status NOT IN (${
  quoted(STATUSES.filter((status) => !isFinished(status)))
})`;

const RESUBMITTED = MOVES.resubmit.from;
/** Whether a resubmit resets the counts, and whether it keeps a run time in the future: that of a retry is not kept. */
export const STARTS_AGAIN = isOneOf(RESUBMITTED.filter((status) => RESUBMIT[status].startsAgain));
export const KEEPS_RUN_AT = `(${isOneOf(RESUBMITTED.filter((status) => RESUBMIT[status].keepsRunAt))}
      AND canceled_from = '${INITIAL_STATUS}')`;
