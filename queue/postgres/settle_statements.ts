/** Statements for the ends of attempts, and for heartbeats: see `statements.ts`. */
import { MAX_TIME, MOVES, type Status } from "../job.ts";
import { IN_FLIGHT, TO } from "../storing/conditions.ts";
import { now } from "./sql_fragments.ts";

/** A job whose lease is still held: ?1 now, or null ?2 seq ?3 lease. */
const HELD = `clock AS (SELECT ${now(1)} AS at), held AS (SELECT seq, lease, consumer_id, started_at FROM jobs
      WHERE seq = $2::bigint AND lease = $3::bigint AND ${IN_FLIGHT} FOR UPDATE)`;

/** The newest line of the history of a job: what a repeated ending has written to it, under its lease. */
const newestLine = (of: { seq: string; lease: string; event: string; detail: string; ranMs: string }) =>
  `FROM history WHERE n = (SELECT max(n) FROM history WHERE history.seq = ${of.seq}) AND history.lease = ${of.lease}
        AND event = ${of.event} AND detail IS NOT DISTINCT FROM ${of.detail}
        AND ran_ms IS NOT DISTINCT FROM ${of.ranMs}::double precision`;

const OF_ATTEMPT = {
  ...{ seq: "$2::bigint", lease: "$3::bigint", event: "$9::text", detail: "$4::text", ranMs: "$6" },
};
const OF_ENDED = {
  ...{ seq: "ended.seq", lease: "ended.lease", event: "ended.event" },
  ...{ detail: "ended.detail", ranMs: "ended.ran_ms" },
};

/**
 * Whether a postponed attempt is stored: see `PostponedMark`. A call that has waited for the one that it repeats does not
 * see the line, but that the job has changed meanwhile.
 */
const IS_POSTPONED = `jobs.retries = $5::int AND jobs.updated_at <= ${now(1)}
        AND 2 * (${now(1)} - jobs.updated_at) < $10::bigint
        AND jobs.run_at = least(jobs.updated_at + $10::bigint, ${MAX_TIME})
        AND (jobs.updated_at <> (SELECT seen.updated_at FROM jobs AS seen WHERE seen.seq = $2::bigint)
          OR EXISTS (SELECT 1 ${newestLine(OF_ATTEMPT)} AND at = jobs.updated_at))`;

/** Each failed attempt counts one retry more, so with the same number it is stored already. */
const HELD_FOR_RETRY = HELD.replace(
  "started_at FROM",
  `started_at, CASE $9::text WHEN 'retried' THEN retries = $5::int ELSE ${IS_POSTPONED} END AS is_stored FROM`,
);

/** Whether the history of a job must be folded: it has 300 lines. */
const IS_LONG = `EXISTS (SELECT 1 FROM history WHERE history.seq = $2::bigint OFFSET 299) AS is_long`;

/** The history line of an attempt: ?4 detail ?5 retries ?6 ran ms ?7 report ?8 log. */
const lineOfAttempt = (event: string, where = "true") =>
  `INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at, ran_ms, report, log)
      SELECT seq, clock.at, ${event}, lease, $5::int, consumer_id, $4::text, started_at,
        $6::double precision, $7::text, $8::text FROM held, clock WHERE ${where}`;

const finishedAs = (verb: "exhaust" | "fail", event: string) =>
  `WITH ${HELD}, told AS (${lineOfAttempt(`'${event}'`)})
    UPDATE jobs SET status = ${TO[verb]}, retries = $5::int, error = $4::text, finished_at = clock.at,
      updated_at = clock.at
    FROM held, clock WHERE jobs.seq = held.seq RETURNING jobs.seq, ${IS_LONG}`;

/**
 * The same as `MAY`, worded so that it matches no partial index: each of many jobs must be found by its seq, not by a scan of
 * all jobs in flight.
 */
const statusAllows = ({ from }: { readonly from: readonly Status[] }) =>
  `jobs.status || '' IN (${from.map((status) => `'${status}'`).join(", ")})`;

/**
 * Finds each of many jobs by the primary key. For a plain `=` the planner prefers a scan of all jobs if its statistics date
 * from a time when there were few, and keeps that plan until the next ANALYZE.
 */
const hasSeq = (seq: string) => `jobs.seq = ANY (ARRAY[${seq}])`;

/** Those of the jobs ?2 that are still held under the leases ?3. */
const GIVEN = `FROM unnest($2::bigint[], $3::bigint[]) AS given (seq, lease) JOIN jobs ON ${
  hasSeq("given.seq")
}
      WHERE jobs.lease = given.lease AND ${statusAllows(MOVES.release)}`;

export const SETTLING = {
  // ?1 now, or null ?2 seqs ?3 leases. A job that another session has locked counts as held too: no heartbeat waits for it.
  renew: `WITH free AS MATERIALIZED (SELECT jobs.seq ${GIVEN} FOR UPDATE OF jobs SKIP LOCKED),
    renewed AS (UPDATE jobs SET last_heartbeat = ${now(1)} FROM free WHERE ${hasSeq("free.seq")})
    SELECT jobs.seq, jobs.lease ${GIVEN}`,
  // locks jobs in the order in which all writes lock them: ?1 seqs
  lock: `SELECT FROM unnest($1::bigint[]) AS given (seq) JOIN jobs ON ${hasSeq("given.seq")}
    ORDER BY given.seq FOR UPDATE OF jobs`,
  // ?1 now, or null ?2 seqs ?3 leases ?4 results, or nulls
  complete: `UPDATE jobs SET status = ${TO.complete}, result = ended.result::json, error = NULL,
      finished_at = ${now(1)}, updated_at = ${now(1)}
    FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS ended (seq, lease, result)
    WHERE ${hasSeq("ended.seq")} AND jobs.lease = ended.lease AND ${
    statusAllows(MOVES.complete)
  } RETURNING jobs.seq`,
  // jobs whose handler has not begun: ?1 now, or null ?2 seqs ?3 leases
  handBack:
    `UPDATE jobs SET status = ${TO.release}, consumer_id = NULL, last_heartbeat = NULL, started_at = NULL,
      updated_at = ${now(1)}
    FROM unnest($2::bigint[], $3::bigint[]) AS held (seq, lease)
    WHERE ${hasSeq("held.seq")} AND jobs.lease = held.lease AND ${
      statusAllows(MOVES.release)
    } RETURNING jobs.seq`,
  // which of these endings are stored: ?1 seqs ?2 leases ?3 statuses ?4 retries, or nulls ?5 errors, or nulls ?6 results of
  // completions; of their lines: ?7 events, or nulls ?8 details ?9 ran ms. A job that was finished by hand has no finish time.
  repeated:
    `SELECT jobs.seq FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[],
      $8::text[], $9::text[]) AS ended (seq, lease, status, retries, error, result, event, detail, ran_ms)
      JOIN jobs ON ${hasSeq("ended.seq")}
    WHERE jobs.lease = ended.lease AND jobs.status || '' = ended.status
      AND (jobs.finished_at IS NULL) = (ended.status IN (${TO.retry}, ${TO.release}))
      AND jobs.retries = coalesce(ended.retries, jobs.retries) AND (ended.error IS NULL OR jobs.error = ended.error)
      AND (ended.status <> ${TO.complete} OR jobs.result::text IS NOT DISTINCT FROM ended.result)
      AND (ended.event IS NULL OR EXISTS (SELECT 1 ${newestLine(OF_ENDED)}))`,
  // ?9 event ?10 wait in ms ?11 error, or null to keep it ?12 whether the newest line is replaced. A job to
  // which this has been done already is left as it is.
  retry: `WITH ${HELD_FOR_RETRY},
    renewed AS (UPDATE history SET at = clock.at, detail = $4::text, ran_ms = $6::double precision, report = $7::text,
        log = $8::text FROM held, clock
      WHERE NOT is_stored AND $12::boolean AND n = (SELECT max(n) FROM history WHERE seq = $2::bigint) AND event = $9::text
        AND history.lease = held.lease RETURNING n),
    told AS (${lineOfAttempt("$9::text", "NOT is_stored AND NOT EXISTS (SELECT 1 FROM renewed)")}),
    changed AS (UPDATE jobs SET retries = $5::int, run_at = least(clock.at + $10::bigint, ${MAX_TIME}),
      error = coalesce($11::text, error), last_heartbeat = clock.at, updated_at = clock.at
    FROM held, clock WHERE jobs.seq = held.seq AND NOT is_stored RETURNING jobs.seq, ${IS_LONG})
    SELECT * FROM changed UNION ALL SELECT seq, false FROM held WHERE is_stored`,
  exhaust: finishedAs("exhaust", "exhausted"),
  fail: finishedAs("fail", "failed"),
  // ?1 now, or null; and arrays: ?2 seqs ?3 leases ?4 details ?5 ran ms ?6 reports ?7 logs ?8 events, or nulls ?9 statuses
  // ?10 crashes, or nulls to keep them and the suspicion ?11 suspect ?12 errors, or nulls to keep them ?13 whether finished
  release: `WITH clock AS (SELECT ${now(1)} AS at),
    held AS MATERIALIZED (SELECT jobs.seq, jobs.lease, jobs.retries, jobs.consumer_id, jobs.started_at, given.detail,
        given.ran_ms, given.report, given.log, given.event, given.status AS new_status, given.crashes AS new_crashes,
        given.suspect AS new_suspect, given.error AS new_error, given.is_finished = 1 AS is_finished
      FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::int[], $11::int[], $12::text[], $13::int[]) AS given
        (seq, lease, detail, ran_ms, report, log, event, status, crashes, suspect, error, is_finished)
      JOIN jobs ON jobs.seq = given.seq WHERE jobs.lease = given.lease AND ${
    statusAllows(MOVES.release)
  } FOR UPDATE OF jobs),
    told AS (INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at, ran_ms, report, log)
      SELECT seq, clock.at, event, lease, retries, consumer_id, detail, started_at, ran_ms::double precision, report, log
      FROM held, clock WHERE event IS NOT NULL)
    UPDATE jobs SET status = held.new_status, crashes = coalesce(held.new_crashes, jobs.crashes),
      suspect = coalesce(held.new_suspect, jobs.suspect), error = coalesce(held.new_error, jobs.error),
      finished_at = CASE WHEN held.is_finished THEN clock.at END,
      consumer_id = CASE WHEN held.is_finished THEN jobs.consumer_id END, last_heartbeat = NULL, started_at = NULL,
      updated_at = clock.at
    FROM held, clock WHERE jobs.seq = held.seq
    RETURNING jobs.seq, EXISTS (SELECT 1 FROM history WHERE history.seq = jobs.seq OFFSET 299) AS is_long`,
} as const;
