/** All statements that read jobs, named and static. The comment above each one names its numbered values. */
import { IN_FLIGHT, IS_IN_FINISHED_INDEX, MAY } from "../storing/conditions.ts";
import { BRIEF, BRIEF_JOBS, hasId, isOfKinds, levels, now, READY, SUSPECT, WHOLE } from "./sql_fragments.ts";

/** List filters: ?1 before ?2 floor ?3 limit ?4 kind ?5 part of the id ?6 changed since ?7 due until ?8 due after. */
const FILTERS = `seq < $1::bigint AND seq >= $2::bigint AND ($4::text IS NULL OR kind = $4::text)
      AND ($5::text IS NULL OR strpos(id, $5::text) > 0) AND ($6::bigint IS NULL OR updated_at >= $6::bigint)
      AND ($7::bigint IS NULL OR run_at <= $7::bigint) AND ($8::bigint IS NULL OR run_at > $8::bigint)`;

const listed = (where: string) =>
  `SELECT ${BRIEF} FROM jobs WHERE ${where} AND ${FILTERS} ORDER BY seq DESC LIMIT $3::bigint`;

/** How far behind a backdated job of the line a longer wait is looked for. */
const LOOKED_AT = 100;

/** A job cannot have waited before it was added; after the clock was set back, that may be in the future. ?1 now */
const SINCE = `CASE WHEN created_at BETWEEN run_at AND ${now(1)} THEN created_at ELSE run_at END AS since`;

export const READING = {
  // ?1 id, or seqs
  get: `SELECT ${WHOLE} FROM jobs WHERE ${hasId("$1::text")}`,
  brief: `SELECT ${BRIEF} FROM jobs WHERE ${hasId("$1::text")}`,
  bySeqs: `SELECT ${BRIEF_JOBS} FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (seq, n)
    JOIN jobs ON jobs.seq = asked.seq ORDER BY asked.n`,
  // ?1 seqs ?2 the most bytes of one value ?3 of all values
  values: `SELECT seq, payload, result FROM (
      SELECT jobs.seq, CASE WHEN payload_bytes <= $2::int THEN jobs.payload::text END AS payload,
        CASE WHEN result_bytes <= $2::int THEN jobs.result::text END AS result,
        sum(CASE WHEN payload_bytes <= $2::int THEN payload_bytes ELSE 0 END
          + CASE WHEN result_bytes <= $2::int THEN result_bytes ELSE 0 END) OVER (ORDER BY asked.n) AS upto
      FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (seq, n) JOIN jobs ON jobs.seq = asked.seq) AS kept
    WHERE upto <= $3::int`,

  list: listed("true"),
  listWaiting: listed(MAY.claim),
  listRunning: listed(IN_FLIGHT),
  // ?9 status
  listFinished: listed(`status = $9::text AND ${IS_IN_FINISHED_INDEX}`),
  // ?9 silent since
  listSilent: listed(`${IN_FLIGHT} AND coalesce(last_heartbeat, -1) < $9::bigint`),
  // read in the order of claims, then sorted
  listFewWaiting: `WITH few AS MATERIALIZED (SELECT seq AS waits FROM jobs WHERE ${READY}
      UNION ALL SELECT seq FROM jobs WHERE ${SUSPECT})
    SELECT ${BRIEF} FROM few JOIN jobs ON jobs.seq = few.waits WHERE ${MAY.claim} AND ${FILTERS}
    ORDER BY seq DESC LIMIT $3::bigint`,
  lastSeq: `SELECT max(seq) AS seq FROM jobs`,
  clock: `SELECT ${now(1)} AS at`,

  // the line: ?1 now ?2 kinds that have a handler, or null for all ?3 how many places ?4 whether to include due jobs
  // ?5 delayed jobs ?6 jobs without a handler ?7 null
  line: `WITH RECURSIVE ${levels(7)},
    known AS (SELECT *, $2::text[] IS NULL OR kind = ANY ($2::text[]) AS is_known FROM levels),
    places AS (
      SELECT CASE WHEN is_known THEN 0 ELSE 2 END AS part, job.seq, job.priority, job.run_at FROM known CROSS JOIN LATERAL (
        SELECT jobs.seq, jobs.priority, jobs.run_at FROM jobs WHERE ${READY} AND jobs.kind = known.kind
          AND jobs.priority = known.priority AND (jobs.run_at, jobs.seq) >= (known.run_at, known.seq)
          AND jobs.run_at <= $1::bigint ORDER BY jobs.run_at, jobs.seq LIMIT $3::bigint) AS job
        WHERE CASE WHEN is_known THEN $4::boolean ELSE $6::boolean END
      UNION ALL
      SELECT CASE WHEN is_known THEN 1 ELSE 2 END, job.seq, job.priority, job.run_at FROM known CROSS JOIN LATERAL (
        SELECT jobs.seq, jobs.priority, jobs.run_at FROM jobs WHERE ${READY} AND jobs.kind = known.kind
          AND jobs.priority = known.priority AND jobs.run_at > $1::bigint ORDER BY jobs.run_at, jobs.seq LIMIT $3::bigint) AS job
        WHERE CASE WHEN is_known THEN $5::boolean ELSE $6::boolean END
      UNION ALL
      SELECT CASE WHEN run_at <= $1::bigint THEN 0 ELSE 1 END, seq, priority, run_at FROM (
        SELECT seq, priority, run_at FROM jobs WHERE ${SUSPECT} LIMIT $3::bigint) AS suspects
        WHERE CASE WHEN run_at <= $1::bigint THEN $4::boolean ELSE $5::boolean END)
    SELECT seq FROM places
    ORDER BY part, CASE part WHEN 0 THEN -priority ELSE 0 END, run_at, -priority, seq LIMIT $3::bigint`,

  // stats
  counts:
    `SELECT status, sum(change)::bigint AS n, count(*)::int AS changes FROM count_changes GROUP BY status`,
  // ?1 now ?2 kinds that have a handler, or null for all ?3 ms of silence
  oldestAndSilent: `WITH RECURSIVE ${levels(2)}
    SELECT (SELECT min(since) FROM (
        SELECT CASE WHEN (SELECT created_at FROM jobs WHERE jobs.seq = levels.seq) <= run_at THEN run_at
          ELSE (SELECT min(since) FROM (SELECT ${SINCE} FROM jobs WHERE ${READY} AND jobs.kind = levels.kind
            AND jobs.priority = levels.priority AND (jobs.run_at, jobs.seq) >= (levels.run_at, levels.seq)
            AND jobs.run_at <= ${now(1)} ORDER BY jobs.run_at, jobs.seq LIMIT ${LOOKED_AT}) AS first) END
        FROM levels WHERE run_at <= ${now(1)}
        UNION ALL SELECT ${SINCE} FROM jobs WHERE ${SUSPECT} AND ${isOfKinds(2)} AND run_at <= ${now(1)}
      ) AS due (since)) AS oldest,
      (SELECT count(*)::int FROM jobs WHERE ${IN_FLIGHT} AND coalesce(last_heartbeat, -1) < ${
    now(1)
  } - $3::bigint) AS silent,
      current_setting('fsync') = 'on' AS syncs, current_setting('full_page_writes') = 'on' AS logs_pages`,
  // ?1 kinds that have a handler ?2 the most kinds ?3 the most jobs counted per kind. The kinds of a host that has joined
  // meanwhile are known too. Only the gaps between known kinds are searched, in index order: entries of known kinds, of
  // which an old snapshot may keep very many, are not read. The last gap ends after the longest kind that a job may have.
  parked: `WITH RECURSIVE known (kind) AS (
      SELECT unnest($1::text[]) COLLATE "C" UNION SELECT unnest(kinds) FROM processes UNION SELECT ''),
    gaps AS (SELECT kind AS after, lead(kind, 1, repeat(chr(1114111), 65)) OVER (ORDER BY kind) AS before FROM known),
    waiting (kind, before) AS (
      SELECT first.kind, before FROM gaps CROSS JOIN LATERAL (SELECT jobs.kind FROM jobs
        WHERE ${READY} AND jobs.kind > gaps.after AND jobs.kind < gaps.before ORDER BY jobs.kind LIMIT 1) AS first
      UNION ALL SELECT next.kind, before FROM waiting CROSS JOIN LATERAL (SELECT jobs.kind FROM jobs
        WHERE ${READY} AND jobs.kind > waiting.kind AND jobs.kind < waiting.before ORDER BY jobs.kind LIMIT 1) AS next),
    unknown AS (SELECT kind FROM waiting UNION SELECT kind FROM jobs WHERE ${SUSPECT} AND kind NOT IN (SELECT kind FROM known))
    SELECT kind, (SELECT count(*)::int FROM (SELECT 1 FROM jobs WHERE ${READY} AND jobs.kind = unknown.kind
        LIMIT $3::bigint) AS ready) + (SELECT count(*)::int FROM jobs WHERE ${SUSPECT} AND jobs.kind = unknown.kind) AS n
    FROM unknown ORDER BY kind LIMIT $2::bigint`,
  knownKinds: `SELECT json_agg(DISTINCT kind) AS kinds FROM processes, unnest(kinds) AS kind`,
  // statuses with a wrong count
  wrongCounts: `WITH kept AS (SELECT status, sum(change)::bigint AS n FROM count_changes GROUP BY status),
    counted AS (SELECT status, count(*) AS n FROM jobs GROUP BY status)
    SELECT status, coalesce(kept.n, 0) AS kept, coalesce(counted.n, 0) AS counted FROM kept FULL JOIN counted USING (status)
    WHERE coalesce(kept.n, 0) <> coalesce(counted.n, 0)`,
} as const;
