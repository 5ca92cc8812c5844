/**
 * The statements that change jobs, except those of the line and of the ends of attempts, named and static, in the order of the store's contract. The comment above each one names
 * its numbered values. Each is atomic by itself: writes that belong together are one statement.
 */
import { INITIAL_STATUS } from "../job.ts";
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
  // starts the finished ones of these jobs afresh, locked in the order of `seq` as in all other statements: ?1 now, or null
  // ?2 ids, each only once ?3 kinds ?4 payloads ?5 priorities ?6 times to run, or nulls ?7 details
  replace: `WITH clock AS (SELECT ${now(1)} AS at),
    finished AS (SELECT jobs.seq, a.* FROM unnest($2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[])
        WITH ORDINALITY AS a (id, kind, payload, priority, run_at, detail, n)
      JOIN jobs ON ${hasId("a.id")} WHERE ${IS_FINISHED} ORDER BY jobs.seq FOR UPDATE OF jobs),
    afresh AS (UPDATE jobs SET kind = finished.kind, payload = finished.payload::json, priority = finished.priority,
        run_at = coalesce(finished.run_at, clock.at), created_at = clock.at, updated_at = clock.at,
        status = '${INITIAL_STATUS}', retries = 0, crashes = 0, suspect = 0, consumer_id = NULL, last_heartbeat = NULL,
        started_at = NULL, finished_at = NULL, result = NULL, error = NULL, canceled_from = NULL
      FROM clock, finished WHERE jobs.seq = finished.seq AND ${IS_FINISHED}
      RETURNING jobs.*, finished.n, finished.detail),
    told AS (${historyLines("afresh", "replaced", "detail")})
    SELECT ${BRIEF}, n FROM afresh`,
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
