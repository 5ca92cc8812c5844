/** Statements about the processes on the queue, and about the jobs that a dead one holds. */
import { MAX_TIME } from "../job.ts";
import { IN_FLIGHT } from "../storing/conditions.ts";

const FACTS = `seq, lease, id, kind, consumer_id, crashes, suspect, run_at, started_at, last_heartbeat`;

const MAX_PID = 2 ** 32;

const within = (column: string, most: number) => `max(0, min(${column}, ${most})) AS ${column}`;

export const PROCESS_SQL = {
  // ?1 id ?2 host ?3 pid ?4 version ?5 owner ?6 now
  join: `INSERT INTO processes (id, host, pid, version, owner, started_at, seen_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)`,
  // ?1 n ?2 now ?3 view, or null for the one before
  beat: `UPDATE processes SET seen_at = ?2, view = coalesce(?3, view) WHERE n = ?1`,
  // ?1 id
  leave: `DELETE FROM processes WHERE id = ?1`,
  // ?1 number of this process, or null. An edit by hand has no bounds, and larger integers cannot be read.
  processes: `SELECT n IS ?1 AS own, id, host, ${within("pid", MAX_PID)}, version, owner,
      ${within("started_at", MAX_TIME)}, ${within("seen_at", MAX_TIME)}, view
    FROM processes ORDER BY n`,

  // orphans: ?1 ?2 a heartbeat between these shows a living consumer ?3 JSON list of held leases, as "seq:lease" ?4 limit
  orphansOfSilent: `SELECT ${FACTS} FROM jobs INDEXED BY jobs_processing
    WHERE ${IN_FLIGHT} AND coalesce(last_heartbeat, -1) NOT BETWEEN ?1 AND ?2
      AND seq || ':' || lease NOT IN (SELECT value FROM json_each(?3))
    ORDER BY seq LIMIT ?4`,
  // ?1 id of the process ?2 limit
  orphansOfProcess: `SELECT ${FACTS} FROM jobs INDEXED BY jobs_processing
    WHERE ${IN_FLIGHT} AND process = (SELECT n FROM processes WHERE id = ?1) ORDER BY seq LIMIT ?2`,
  // a process without a row, or none: ?1 limit
  orphansOfNone: `SELECT ${FACTS} FROM jobs INDEXED BY jobs_processing
    WHERE ${IN_FLIGHT} AND (process IS NULL OR process NOT IN (SELECT n FROM processes)) ORDER BY seq LIMIT ?1`,
} as const;
