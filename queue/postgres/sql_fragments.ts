/** SQL fragments that several statements share. */
import { MAY } from "../storing/conditions.ts";

/** Jobs in the line, and quarantined ones: worded like the conditions of the partial indexes. */
export const READY = `jobs.${MAY.claim} AND jobs.suspect = 0`;
export const SUSPECT = `jobs.${MAY.claim} AND jobs.suspect = 1`;

/** The server's clock in milliseconds since 1970, unless a test gives the time as the value with this number. */
export const now = (value: number) =>
  `coalesce($${value}::bigint, floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint)`;

const PLAIN = [
  "seq",
  "lease",
  "id",
  "kind",
  "status",
  "priority",
  "run_at",
  "retries",
  "crashes",
  "consumer_id",
];
const MOMENTS = ["last_heartbeat", "started_at", "finished_at", "created_at", "updated_at", "canceled_from"];

/** The columns of a job, without values longer than `most` bytes. `of`: the table, with a dot. */
const columns = (of: string, most: number) =>
  `${[...PLAIN, ...MOMENTS].map((name) => of + name).join(", ")}, left(${of}error, 20000) AS error,
      CASE WHEN ${of}payload_bytes > ${most} THEN 'null' ELSE ${of}payload::text END AS payload,
      CASE WHEN ${of}result_bytes > ${most} THEN NULL ELSE ${of}result::text END AS result,
      (${of}payload_bytes > ${most})::int AS payload_left_out,
      coalesce(${of}result_bytes > ${most}, false)::int AS result_left_out,
      ${of}payload_bytes, coalesce(${of}result_bytes, 0) AS result_bytes`;

/** For lists of any length: longer values are added within a budget (`values.ts`). */
export const BRIEF = columns("", 2048);
export const BRIEF_JOBS = columns("jobs.", 2048);
export const WHOLE = columns("", 4 * 1024 * 1024);

/** What the unique index on ids holds: worded like its expression. */
const keyOf = (id: string) =>
  `(CASE WHEN octet_length(${id}) <= 100 THEN ${id}
    ELSE left(${id}, 40) || encode(sha256(replace(${id}, '\\', '\\\\')::bytea), 'hex') END)`;

/** Whether the row has this id, by the unique index. */
export const hasId = (id: string) => `${keyOf("jobs.id")} = ${keyOf(id)} AND jobs.id = ${id}`;

/**
 * The kinds of waiting jobs, the priorities of each kind, and the first job of each priority: one index step each, however
 * many jobs wait. The value with this number restricts the kinds, null does not. It takes the first index entry, not a
 * min(), which reads all entries while the statistics know of none. A search for more jobs of a level begins at its first
 * job, so that the dead entries which an old snapshot keeps before it are stepped over only once.
 */
export const levels = (kinds: number) =>
  `waiting (kind) AS (
      SELECT (SELECT kind FROM jobs WHERE ${READY} AND $${kinds}::text[] IS NULL ORDER BY kind LIMIT 1)
      UNION ALL SELECT (SELECT jobs.kind FROM jobs WHERE ${READY} AND jobs.kind > waiting.kind ORDER BY jobs.kind LIMIT 1)
        FROM waiting WHERE waiting.kind IS NOT NULL),
    wanted (kind) AS (
      SELECT kind FROM waiting WHERE kind IS NOT NULL UNION ALL SELECT unnest($${kinds}::text[])),
    levels (kind, priority, run_at, seq) AS (
      SELECT wanted.kind, first.* FROM wanted CROSS JOIN LATERAL (
        SELECT jobs.priority, jobs.run_at, jobs.seq FROM jobs WHERE ${READY} AND jobs.kind = wanted.kind
        ORDER BY jobs.priority DESC, jobs.run_at, jobs.seq LIMIT 1) AS first
      UNION ALL SELECT levels.kind, next.* FROM levels CROSS JOIN LATERAL (
        SELECT jobs.priority, jobs.run_at, jobs.seq FROM jobs WHERE ${READY} AND jobs.kind = levels.kind
          AND jobs.priority < levels.priority ORDER BY jobs.priority DESC, jobs.run_at, jobs.seq LIMIT 1) AS next)`;

/** Whether a job is of these kinds; null: of any. */
export const isOfKinds = (kinds: number) =>
  `($${kinds}::text[] IS NULL OR jobs.kind = ANY ($${kinds}::text[]))`;

/** Adds a line to the history of each job that the statement `from` returns. */
export const historyLines = (from: string, event: string, detail: string) =>
  `INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at)
      SELECT seq, updated_at, '${event}', lease, retries, consumer_id, ${detail}, started_at FROM ${from}`;
