/** The statements of a session: the row of a process, and the lock by which the others see whether it is alive. */
import { IN_FLIGHT } from "../storing/conditions.ts";
import { now } from "./sql_fragments.ts";

/** The two keys of the lock: one for the schema, and one for the process. */
const LOCK = `hashtext('persistent_queue.' || current_schema()), $1::int`;
const IS_LOCKED =
  `EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = processes.n::oid
      AND classid = (hashtext('persistent_queue.' || current_schema())::bigint & 4294967295)::oid
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`;

/** A process that has not been seen for this long, and holds no lock, is dead. */
const RECONNECT_MS = 1_000;
/**
 * A process that was out of touch with the server itself cannot yet tell which others have died: those that live come back
 * within this time.
 */
export const BACK_MS = 3_000;

/** Its connection is closed, and it has not reconnected. */
const IS_CUT_OFF = `(seen_at < ${now(2)} - ${RECONNECT_MS} AND NOT ${IS_LOCKED})`;

const ASYNC_COMMIT = `quick AS (SELECT set_config('synchronous_commit', 'off', true))`;

/** The row as the statement found it. */
const SINCE_LAST_BEAT = `${
  now(2)
} - (SELECT seen_at FROM processes AS before WHERE before.n = $1::int) AS gap_ms`;

export const SESSION = {
  // ?1 id ?2 host ?3 pid ?4 version ?5 now, or null. It is the first one after an outage if no other was seen just before,
  // and one of the first if another has only just taken its lock again; a given time tells nothing of that.
  join: `WITH joined AS (INSERT INTO processes (id, host, pid, version, started_at, seen_at)
      VALUES ($1::text, $2::text, $3::int, $4::text, ${now(5)}, ${now(5)}) RETURNING n)
    SELECT n, (SELECT max(seen_at) < ${
    now(5)
  } - ${BACK_MS} OR bool_or($5::bigint IS NULL AND seen_at - started_at > ${BACK_MS}
        AND locked_at > clock_timestamp() - interval '${BACK_MS} ms') FROM processes) AS is_after_outage
    FROM joined`,
  // Whether this connection listens. Its backend pid would not tell: a restarted server hands out the same ones again.
  listens: `SELECT current_setting('persistent_queue.listens', true) AS listens`,
  noteListening: `SELECT set_config('persistent_queue.listens', 'yes', false)`,
  // ?1 number
  lock: `SELECT pg_try_advisory_lock(${LOCK}) AS is_locked`,
  unlock: `SELECT pg_advisory_unlock(${LOCK})`,
  // ?1 number ?2 now, or null
  noteLock: `UPDATE processes SET locked_at = clock_timestamp(), seen_at = ${now(2)}
    WHERE n = $1::int RETURNING ${SINCE_LAST_BEAT}`,
  // ?1 number ?2 now, or null. The commit need not wait for the disk: a crash of the server loses nothing but the time.
  beat: `WITH ${ASYNC_COMMIT} UPDATE processes SET seen_at = ${now(2)} FROM quick
    WHERE n = $1::int RETURNING ${SINCE_LAST_BEAT}`,
  // ?1 number ?2 now, or null ?3 view
  beatWithView: `WITH ${ASYNC_COMMIT} UPDATE processes SET seen_at = ${now(2)}, view = $3::text FROM quick
    WHERE n = $1::int RETURNING ${SINCE_LAST_BEAT}`,
  // takes the same table lock as a write, and writes nothing
  lockTable: `UPDATE jobs SET lease = lease WHERE seq = -1`,
  // ?1 id ?2 message
  send: `SELECT pg_notify(current_schema() || '.changes', $2::text) FROM processes WHERE id = $1::text`,
  // ?1 message
  tell: `SELECT pg_notify(current_schema() || '.changes', $1::text)`,
  // ?1 id
  leave: `DELETE FROM processes WHERE id = $1::text RETURNING n`,
  // gives the jobs of a process without a row to the one that it has become, and tells whether there are no others:
  // ?1 its former number ?2 its number now
  adopt: `WITH left_over AS (SELECT seq FROM jobs WHERE ${IN_FLIGHT} AND process = $1::int),
      free AS (SELECT seq FROM jobs WHERE ${IN_FLIGHT} AND process = $1::int
        AND NOT EXISTS (SELECT 1 FROM processes WHERE n = $1::int) FOR UPDATE SKIP LOCKED),
      adopted AS (UPDATE jobs SET process = $2::int WHERE seq IN (SELECT seq FROM free) RETURNING 1)
    SELECT (SELECT count(*) FROM left_over) = (SELECT count(*) FROM adopted) AS are_all`,
  // ?1 number of the calling process, or null ?2 now, or null ?3 ms of silence ?4 whether the calling process can judge ?5 id
  // of a process known to have ended, or null. A living process that has lost its connection reconnects at once. After a
  // restart of the server no process holds its lock yet: only one that took it since then can have lost it, and the others
  // get a moment to come back, however long ago they were seen.
  processes: `SELECT n, id, host, pid, version, started_at, seen_at, view, to_json(kinds)::text AS kinds,
      n IS DISTINCT FROM $1::int AND (($4::boolean AND CASE WHEN locked_at > pg_postmaster_start_time()
        THEN seen_at < ${now(2)} - $3::bigint OR ${IS_CUT_OFF}
        ELSE seen_at < ${now(2)} - $3::bigint
          AND pg_postmaster_start_time() < clock_timestamp() - interval '${BACK_MS} ms' END)
      OR (id = $5::text AND ${IS_CUT_OFF})) AS is_dead
    FROM processes ORDER BY n`,
  // which of these processes live, although they are silent: they hold their lock, and their jobs have heartbeats, or another
  // program has locked the row, so that they cannot write to it: ?1 numbers ?2 now, or null ?3 ms of silence
  livingDespiteSilence: `WITH working AS (SELECT DISTINCT process FROM jobs WHERE ${IN_FLIGHT}
        AND process = ANY ($1::int[]) AND last_heartbeat BETWEEN ${now(2)} - $3::bigint AND ${
    now(2)
  } + $3::bigint),
      free AS (SELECT n FROM processes WHERE n = ANY ($1::int[]) FOR NO KEY UPDATE SKIP LOCKED)
    SELECT n FROM processes WHERE n = ANY ($1::int[]) AND ${IS_LOCKED}
      AND (n IN (SELECT process FROM working) OR n NOT IN (SELECT n FROM free))`,
} as const;
