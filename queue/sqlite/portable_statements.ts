/** Statements that copy jobs to and from another backend: see `portable.ts`. */

/** Always JSON, although an edit by hand may have stored any text. */
export const RESULT = `iif(json_valid(result) = 0, json_quote(result), result)`;

const FACTS =
  `seq, lease, id, kind, status, priority, run_at, retries, crashes, suspect, consumer_id, last_heartbeat,
      started_at, finished_at, created_at, updated_at, canceled_from, payload, ${RESULT} AS result, error`;

export const PORTABLE_SQL = {
  // ?1 after, or null ?2 limit. The lengths are in the header of a row, so no value is read for them.
  dumpSizes:
    `SELECT seq, octet_length(payload) + coalesce(octet_length(result), 0) + coalesce(octet_length(error), 0)
      AS bytes FROM jobs WHERE seq > coalesce(?1, -9007199254740992) ORDER BY seq LIMIT ?2`,
  // ?1 after, or null ?2 last
  dump: `SELECT ${FACTS} FROM jobs WHERE seq > coalesce(?1, -9007199254740992) AND seq <= ?2 ORDER BY seq`,
  // ?1 id
  whole: `SELECT ${FACTS} FROM jobs WHERE id = ?1`,
  // the values in the order of the columns; of no process, and not parked: the next claim parks it if needed
  restore:
    `INSERT OR ROLLBACK INTO jobs (id, kind, status, priority, run_at, retries, crashes, suspect, lease,
      consumer_id, last_heartbeat, started_at, finished_at, created_at, updated_at, canceled_from, payload, result, error)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)`,
  // ?1 seq, then the columns in their order
  restoreLine:
    `INSERT OR ROLLBACK INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at, ran_ms, report, log)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`,
} as const;
