/**
 * All statements that change jobs, named and static, in the order of the store's contract. The comment above each one names
 * its numbered values. Each is atomic by itself: writes that belong together are one statement.
 */
import { INITIAL_STATUS, MAX_TIME, MOVES, type Status } from "../job.ts";
import { IN_FLIGHT, IS_FINISHED, KEEPS_RUN_AT, MAY, STARTS_AGAIN, TO } from "../storing/conditions.ts";
import { BRIEF, BRIEF_JOBS, hasId, historyLines, isOfKinds, levels, now, SUSPECT } from "./sql_fragments.ts";

export const ADDING = {
  // insert: ?1 now, or null ?2 ids ?3 kinds ?4 payloads ?5 priorities ?6 times to run, or nulls
  insert: `INSERT INTO jobs (id, kind, payload, priority, run_at, created_at, updated_at)
    SELECT a.id, a.kind, a.payload::json, a.priority, coalesce(a.run_at, clock.at), clock.at, clock.at
    FROM (SELECT ${now(1)} AS at) AS clock,
      unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[]) WITH ORDINALITY
        AS a (id, kind, payload, priority, run_at, n)
    ORDER BY a.n ON CONFLICT DO NOTHING RETURNING id, seq, created_at, run_at`,
  // starts a finished job afresh: ?1 now, or null ?2 id ?3 kind ?4 payload ?5 priority ?6 run_at, or null ?7 detail
  replace: `WITH clock AS (SELECT ${now(1)} AS at),
    afresh AS (UPDATE jobs SET kind = $3::text, payload = $4::text::json, priority = $5::int,
        run_at = coalesce($6::bigint, clock.at), created_at = clock.at, updated_at = clock.at,
        status = '${INITIAL_STATUS}', retries = 0, crashes = 0, suspect = 0, consumer_id = NULL, last_heartbeat = NULL,
        started_at = NULL, finished_at = NULL, result = NULL, error = NULL, canceled_from = NULL
      FROM clock WHERE ${hasId("$2::text")} AND ${IS_FINISHED} RETURNING jobs.*),
    told AS (${historyLines("afresh", "replaced", "$7::text")})
    SELECT ${BRIEF} FROM afresh`,
  // jobs that exist already: ?1 ids ?2 kinds ?3 payloads
  present: `SELECT ${BRIEF_JOBS}, (jobs.kind <> a.kind OR jobs.payload_bytes <> octet_length(a.payload)
      OR jobs.payload::text <> a.payload) AS differs, a.n
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (id, kind, payload, n)
    JOIN jobs ON ${hasId("a.id")} ORDER BY a.n`,
} as const;

export const CLAIMING = {
  // when the first waiting job becomes due: ?1 whether to include suspects ?2 kinds, or null for all
  nextRunAt: `WITH RECURSIVE ${levels(2)}
    SELECT min(run_at) AS run_at FROM (
      SELECT run_at FROM levels UNION ALL SELECT min(run_at) FROM jobs WHERE $1::boolean AND ${SUSPECT}
        AND ${isOfKinds(2)}) AS first (run_at)`,
  // ?1 process ?2 kinds
  noteKinds: `UPDATE processes SET kinds = $2::text[] WHERE n = $1::int`,
} as const;

/** A job whose lease is still held: ?1 now, or null ?2 seq ?3 lease. */
const HELD = `clock AS (SELECT ${now(1)} AS at), held AS (SELECT seq, lease, consumer_id, started_at FROM jobs
      WHERE seq = $2::bigint AND lease = $3::bigint AND ${IN_FLIGHT} FOR UPDATE)`;

/**
 * Whether a postponed attempt is stored: see `PostponedMark`. A call that has waited for the one that it repeats does not
 * see the line, but that the job has changed meanwhile.
 */
const IS_POSTPONED = `jobs.retries = $5::int AND jobs.updated_at <= ${now(1)}
        AND 2 * (${now(1)} - jobs.updated_at) < $10::bigint
        AND jobs.run_at = least(jobs.updated_at + $10::bigint, ${MAX_TIME})
        AND (jobs.updated_at <> (SELECT seen.updated_at FROM jobs AS seen WHERE seen.seq = $2::bigint)
          OR EXISTS (SELECT 1 FROM history WHERE n = (SELECT max(n) FROM history WHERE history.seq = $2::bigint)
            AND event = 'postponed' AND history.lease = $3::bigint AND at = jobs.updated_at AND detail = $4::text
            AND ran_ms IS NOT DISTINCT FROM $6::double precision))`;

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
  // completions. A job that was finished by hand has no finish time.
  repeated:
    `SELECT jobs.seq FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[]) AS ended
      (seq, lease, status, retries, error, result) JOIN jobs ON ${hasSeq("ended.seq")}
    WHERE jobs.lease = ended.lease AND jobs.status || '' = ended.status
      AND (jobs.finished_at IS NULL) = (ended.status = ${TO.retry})
      AND jobs.retries = coalesce(ended.retries, jobs.retries) AND (ended.error IS NULL OR jobs.error = ended.error)
      AND (ended.status <> ${TO.complete} OR jobs.result::text IS NOT DISTINCT FROM ended.result)`,
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

/** Moves the jobs with these ids: ?1 now, or null ?2 ids ?3 what the history adds to the previous status. */
const moved = (verb: "cancel" | "resubmit", event: string, changes: string) =>
  `WITH clock AS (SELECT ${now(1)} AS at),
    was AS (SELECT jobs.seq, jobs.status AS was FROM unnest($2::text[]) AS asked (id)
      JOIN jobs ON ${hasId("asked.id")} WHERE ${MAY[verb]} ORDER BY jobs.seq FOR UPDATE OF jobs),
    moved AS (UPDATE jobs SET ${changes}, updated_at = clock.at FROM clock, (SELECT DISTINCT seq, was FROM was) AS was
      WHERE jobs.seq = was.seq AND ${MAY[verb]} RETURNING jobs.*, was.was),
    told AS (${historyLines("moved", event, "'was ' || was || $3::text")})
    SELECT ${BRIEF}, was, EXISTS (SELECT 1 FROM history WHERE history.seq = moved.seq OFFSET 299) AS is_long FROM moved`;

export const MOVING = {
  cancel: moved(
    "cancel",
    "canceled",
    `canceled_from = jobs.status, status = ${TO.cancel}, finished_at = clock.at`,
  ),
  // a time to run that is in the future survives cancel and resubmit
  resubmit: moved(
    "resubmit",
    "resubmitted",
    `retries = CASE WHEN ${STARTS_AGAIN} THEN 0 ELSE retries END,
      crashes = CASE WHEN ${STARTS_AGAIN} THEN 0 ELSE crashes END,
      suspect = CASE WHEN ${STARTS_AGAIN} THEN 0 ELSE suspect END,
      run_at = CASE WHEN ${KEEPS_RUN_AT} THEN greatest(run_at, clock.at) ELSE clock.at END,
      status = ${TO.resubmit}, canceled_from = NULL, consumer_id = NULL, last_heartbeat = NULL, started_at = NULL,
      finished_at = NULL, result = NULL`,
  ),
  // ?1 ids
  byIds: `SELECT ${BRIEF_JOBS} FROM unnest($1::text[]) AS asked (id) JOIN jobs ON ${hasId("asked.id")}`,
} as const;

const FACTS = `seq, lease, id, kind, consumer_id, crashes, suspect, run_at, started_at, last_heartbeat`;

const OF_PROCESS = "process = (SELECT n FROM processes WHERE processes.id = $1::text)";
const OF_NONE = "NOT EXISTS (SELECT 1 FROM processes WHERE processes.n = jobs.process)";

/** Which jobs of a dead process ran alone depends on all of them, so those that are locked are found, too. */
const lost = (isLost: string, limit: string) =>
  `SELECT ${FACTS} FROM jobs WHERE ${IN_FLIGHT} AND ${isLost} ORDER BY seq LIMIT ${limit}::bigint`;
/** A statement of its own: joined with the others, very many take minutes while the server has no statistics. */
const free = (isLost: string) =>
  `SELECT seq FROM jobs WHERE ${IN_FLIGHT} AND ${isLost} FOR UPDATE SKIP LOCKED`;

/** Nothing waits for a job that another session has locked: a sweep that did would hold up all others. */
export const UPKEEP = {
  // ?1 now, or null ?2 ms ago ?3 ms ahead: a heartbeat between these shows a living consumer ?4 ?5 seqs and leases of held
  // jobs ?6 number of this process, or null ?7 limit ?8 whether this process can judge others. Another process that was
  // seen recently sweeps its own jobs, because it knows which ones it holds; each process beats twice a second, unless its
  // machine is busy.
  orphansOfSilent: `SELECT ${FACTS} FROM jobs WHERE ${IN_FLIGHT}
      AND coalesce(last_heartbeat, -1) NOT BETWEEN ${now(1)} - $2::bigint AND ${now(1)} + $3::bigint
      AND (seq, lease) NOT IN (SELECT seq, lease FROM unnest($4::bigint[], $5::bigint[]) AS held (seq, lease))
      AND NOT EXISTS (SELECT 1 FROM processes WHERE n = jobs.process AND n IS DISTINCT FROM $6::int
        AND (seen_at >= ${now(1)} - greatest($2::bigint, 1000) OR NOT $8::boolean))
    ORDER BY seq LIMIT $7::bigint FOR UPDATE SKIP LOCKED`,
  // ?1 id of the process ?2 limit
  orphansOfProcess: lost(OF_PROCESS, "$2"),
  freeOfProcess: free(OF_PROCESS),
  // jobs of a process without a row, or of none: ?1 limit
  orphansOfNone: lost(OF_NONE, "$1"),
  freeOfNone: free(OF_NONE),
  // ?1 now, or null ?2 ms ago ?3 after ?4 limit. Rows that another process is removing are skipped.
  prune: `WITH looked AS (SELECT seq, ${IS_FINISHED} AND coalesce(finished_at, updated_at) < ${
    now(1)
  } - $2::bigint AS is_old
      FROM jobs WHERE seq > $3::bigint ORDER BY seq LIMIT $4::bigint),
    old AS (SELECT seq FROM jobs WHERE seq IN (SELECT seq FROM looked WHERE is_old) AND ${IS_FINISHED}
      ORDER BY seq FOR UPDATE SKIP LOCKED),
    lines AS (DELETE FROM history WHERE seq IN (SELECT seq FROM old)),
    removed AS (DELETE FROM jobs WHERE seq IN (SELECT seq FROM old) RETURNING id)
    SELECT (SELECT count(*)::int FROM looked) AS looked, (SELECT max(seq) FROM looked) AS last,
      (SELECT json_agg(id) FROM removed) AS removed`,
  // adds up the changes of the counts
  foldCounts: `WITH gone AS (DELETE FROM count_changes RETURNING status, change)
    INSERT INTO count_changes (status, change) SELECT status, sum(change) FROM gone GROUP BY status HAVING sum(change) <> 0`,
} as const;
