/** Statements that claim one job; the last ones claim each of many alone (`claim_apart.ts`). */
import { MAY, TO } from "../storing/conditions.ts";
import { READY, SUSPECT } from "./status_sql.ts";

export const CLAIM_ONE_SQL = {
  // ?1 consumer ?2 now ?3 priority ?4 process
  claimOne:
    `UPDATE OR ROLLBACK jobs SET status = ${TO.claim}, lease = lease + 1, consumer_id = ?1, process = ?4,
      last_heartbeat = ?2, started_at = ?2, updated_at = ?2
    WHERE seq = (SELECT seq FROM jobs WHERE ${READY} AND priority = ?3 AND run_at <= ?2
      ORDER BY run_at, seq LIMIT 1)
    RETURNING seq, lease, id, kind, payload, retries, crashes, suspect`,
  // ?1 consumer ?2 now ?3 process
  claimSuspect: `UPDATE jobs SET status = ${TO.claim}, lease = lease + 1, consumer_id = ?1, process = ?3,
      last_heartbeat = ?2, started_at = ?2, updated_at = ?2
    WHERE seq = (SELECT seq FROM jobs WHERE ${SUSPECT} AND run_at <= ?2
      ORDER BY crashes, priority DESC, run_at, seq LIMIT 1)
    RETURNING seq, lease, id, kind, payload, retries, crashes, suspect`,

  // ?1 priority ?2 now ?3 limit
  dueAt:
    `SELECT seq, id FROM jobs WHERE ${READY} AND priority = ?1 AND run_at <= ?2 ORDER BY run_at, seq LIMIT ?3`,
  // ?1 now ?2 limit
  suspectsDue: `SELECT seq, id FROM jobs WHERE ${SUSPECT} AND run_at <= ?1
    ORDER BY crashes, priority DESC, run_at, seq LIMIT ?2`,
  // ?1 consumer ?2 now ?3 process ?4 seq
  claimAlone: `UPDATE jobs SET status = ${TO.claim}, lease = lease + 1, consumer_id = ?1, process = ?3,
      last_heartbeat = ?2, started_at = ?2, updated_at = ?2
    WHERE seq = ?4 AND ${MAY.claim} RETURNING seq, lease, id, kind, payload, retries, crashes, suspect`,
  beginAlone: "SAVEPOINT alone",
  undoAlone: "ROLLBACK TO alone",
  endAlone: "RELEASE alone",
} as const;
