/** Statements for attempts that end a job without completing it, and for endings that arrive twice. */
import { MAX_TIME } from "../job.ts";
import { MAY, TO } from "../storing/conditions.ts";

export const SETTLE_SQL = {
  // ?1 seq ?2 lease ?3 now ?4 retries ?5 error
  exhaust:
    `UPDATE jobs SET status = ${TO.exhaust}, retries = ?4, error = ?5, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${MAY.exhaust}`,
  fail: `UPDATE jobs SET status = ${TO.fail}, retries = ?4, error = ?5, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${MAY.fail}`,
  // whether this ending is stored: ?1 seq ?2 lease ?3 status ?4 retries, or null ?5 error, or null ?6 result of a
  // completion. A job that was finished by hand has no finish time.
  repeated:
    `SELECT 1 FROM jobs WHERE seq = ?1 AND lease = ?2 AND status = ?3 AND retries = coalesce(?4, retries)
    AND (finished_at IS NULL) = (?3 = ${TO.retry}) AND (?5 IS NULL OR error = ?5)
    AND (?3 <> ${TO.complete} OR result IS ?6)`,
  // whether a postponed attempt is stored: ?1 seq ?2 lease ?3 now ?4 retries ?5 wait in ms ?6 detail ?7 ran ms
  isPostponed: `SELECT 1 FROM jobs JOIN history ON history.n = (SELECT max(n) FROM history WHERE seq = ?1)
    WHERE jobs.seq = ?1 AND jobs.lease = ?2 AND ${MAY.retry} AND jobs.retries = ?4
      AND at <= ?3 AND 2 * (?3 - at) < ?5 AND run_at = min(at + ?5, ${MAX_TIME}) AND event = 'postponed' AND history.lease = ?2 AND detail = ?6
      AND ran_ms IS ?7`,
} as const;
