/** Which waiting jobs each index of the claims holds, and how the jobs of each status are counted. */
import { isFinished, type Status, STATUSES } from "../job.ts";
import { IN_FLIGHT, IS_IN_FINISHED_INDEX, isOneOf, MAY } from "../storing/conditions.ts";

/** Jobs in the line, suspects, and jobs without a handler: phrased as in the partial indexes. */
export const READY = `${MAY.claim} AND suspect = 0 AND parked = 0`;
export const SUSPECT = `${MAY.claim} AND suspect = 1 AND parked = 0`;
export const PARKED = `${MAY.claim} AND parked = 1`;

/** One SELECT per status, with the count of its jobs. */
export function countedByStatus(): string {
  return STATUSES.map((status) => `SELECT '${status}' AS status, ${countOf(status)} AS n`).join(
    "\n    UNION ALL ",
  );
}

/** Counts on the indexes, which cost a tenth of the table. */
function countOf(status: Status): string {
  const count = (from: string) => `(SELECT count(*) FROM jobs ${from})`;
  if (isFinished(status)) {
    return count(`INDEXED BY jobs_finished WHERE ${isOneOf([status])} AND ${IS_IN_FINISHED_INDEX}`);
  }
  if (isOneOf([status]) === IN_FLIGHT) return count(`WHERE ${IN_FLIGHT}`);
  return [READY, SUSPECT, PARKED].map((where) => count(`WHERE ${where}`)).join("\n      + ");
}
