/** Statements about the line of waiting jobs and about parked jobs: see `waiting_line.ts` and `parking.ts`. */
import { IN_FLIGHT, TO } from "../storing/conditions.ts";
import { PARKED, READY, SUSPECT } from "./status_sql.ts";

/** How far behind a backdated job of the line a longer wait is looked for. */
const LOOKED_AT = 100;

/** A job cannot have waited before it was added; after the clock was set back, that may be in the future. ?1 now */
const SINCE = `iif(created_at BETWEEN run_at AND ?1, created_at, run_at) AS since`;

export const LINE = {
  // places in line: ?1 priority ?2 now ?3 limit; suspects: ?1 limit
  duePlaces: `SELECT seq, priority, run_at FROM jobs WHERE ${READY} AND priority = ?1
    AND run_at <= ?2 ORDER BY run_at, seq LIMIT ?3`,
  plannedPlaces: `SELECT seq, priority, run_at FROM jobs WHERE ${READY} AND priority = ?1
    AND run_at > ?2 ORDER BY run_at, seq LIMIT ?3`,
  suspectPlaces: `SELECT seq, priority, run_at FROM jobs WHERE ${SUSPECT} LIMIT ?1`,
  // behind everything else in the line: ?1 limit
  parkedPlaces: `SELECT seq, priority, run_at FROM jobs INDEXED BY jobs_parked
    WHERE ${PARKED} ORDER BY kind, seq LIMIT ?1`,

  // since when a due job has waited: ?1 now ?2 priority; among the suspects: ?1 now
  dueSinceOfLevel: `WITH head AS (SELECT run_at, created_at FROM jobs WHERE ${READY} AND priority = ?2
      AND run_at <= ?1 ORDER BY run_at, seq LIMIT 1)
    SELECT iif(created_at <= run_at, run_at, (SELECT min(since) FROM (SELECT ${SINCE} FROM jobs
      WHERE ${READY} AND priority = ?2 AND run_at <= ?1 ORDER BY run_at, seq LIMIT ${LOOKED_AT}))) AS since FROM head`,
  suspectDueSince:
    `SELECT min(since) AS since FROM (SELECT ${SINCE} FROM jobs WHERE ${SUSPECT} AND run_at <= ?1)`,

  // ?1 seq of a job that was claimed in this transaction
  parkClaimed:
    `UPDATE jobs SET status = ${TO.release}, parked = 1, consumer_id = NULL, last_heartbeat = NULL, started_at = NULL
    WHERE seq = ?1 AND ${IN_FLIGHT}`,
  // ?1 priority ?2 now ?3 limit ?4 JSON list of the kinds that have handlers
  parkAhead: `UPDATE jobs SET parked = 1
    WHERE seq IN (SELECT seq FROM jobs WHERE ${READY} AND priority = ?1
        AND run_at <= ?2 ORDER BY run_at, seq LIMIT ?3)
      AND kind NOT IN (SELECT value FROM json_each(?4))`,
  // ?1 JSON list of the kinds that have handlers ?2 limit
  unpark: `UPDATE jobs SET parked = 0 WHERE seq IN (SELECT seq FROM jobs INDEXED BY jobs_parked
    WHERE ${PARKED} AND kind IN (SELECT value FROM json_each(?1)) LIMIT ?2)`,

  // ?1 the most jobs counted per kind ?2 the most kinds; seeks from one kind to the next, whatever its text is
  parked: `WITH RECURSIVE kinds (kind) AS (
      SELECT min(kind) FROM jobs INDEXED BY jobs_parked WHERE ${PARKED}
      UNION ALL SELECT (SELECT min(kind) FROM jobs INDEXED BY jobs_parked
        WHERE ${PARKED} AND kind > kinds.kind) FROM kinds WHERE kind IS NOT NULL)
    SELECT kind, (SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_parked
      WHERE ${PARKED} AND jobs.kind = kinds.kind LIMIT ?1)) AS n
    FROM kinds WHERE kind IS NOT NULL LIMIT ?2`,
} as const;
