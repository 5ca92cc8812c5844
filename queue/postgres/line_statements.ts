/** The statements that claim jobs from the line: see `statements.ts`. */
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import { MAY, TO } from "../storing/conditions.ts";
import { isOfKinds, levels, now, READY, SUSPECT } from "./sql_fragments.ts";

/**
 * Gives a job to a new holder. The lease is never lower than the current time, so that a server which took over without the
 * last writes grants no lease a second time.
 */
const claimedBy = (consumer: string, process: string) =>
  `status = ${TO.claim}, lease = greatest(jobs.lease + 1, clock.at), consumer_id = ${consumer}, process = ${process},
      last_heartbeat = clock.at, started_at = clock.at, updated_at = clock.at`;

/**
 * The table of jobs is locked before that of processes, as an upgrade locks them: in the other order the two wait for each
 * other. It selects nothing, and is not executed.
 */
const JOBS_FIRST = "jobs_first AS (SELECT FROM jobs WHERE false)";

const AS_CLAIMED =
  `jobs.consumer_id, jobs.seq, jobs.lease, jobs.id, jobs.kind, jobs.payload::text AS payload, jobs.retries,
      jobs.crashes, jobs.suspect`;

/** Not among the jobs with the seqs of the value with this number: it looks each up in a hash table, not in the list. */
const notAmong = (seqs: number) => `jobs.seq NOT IN (SELECT unnest($${seqs}::bigint[]))`;

/**
 * ?1 now, or null ?2 kinds, or null for all ?3 process, or null ?4 consumers ?5 limits ?6 the consumer that takes a suspect
 * first, or null ?7 the sum of the limits ?8 the seqs of jobs that are set aside. Unless the line has only one part, it counts
 * how many of the next jobs are in each part before it locks any: a claim locks the jobs that it takes, and others only where
 * payloads are large. The consumer of each place is looked up: a join would compare every place with every consumer. A process
 * without a row has no clock, and so nothing is due for it. `parts`: of the line, each a kind and a priority, with the time and
 * the seq of its first job; `more`: additional columns.
 */
const claimed = (parts: string, more: string) =>
  `WITH RECURSIVE ${JOBS_FIRST}, clock AS (SELECT ${now(1)} AS at
      WHERE $3::int IS NULL OR EXISTS (SELECT 1 FROM processes WHERE n = $3::int)),
    suspect AS (UPDATE jobs SET ${claimedBy("$6::text", "$3::int")} FROM clock
      WHERE $6::text IS NOT NULL AND jobs.seq = (SELECT seq FROM jobs WHERE ${SUSPECT} AND run_at <= (SELECT at FROM clock)
          AND ${isOfKinds(2)} AND ${notAmong(8)}
        ORDER BY crashes, priority DESC, run_at, seq LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING ${AS_CLAIMED}${more}),
    ${parts},
    few AS MATERIALIZED (SELECT count(*) = 1 AS is_one FROM parts),
    quota AS (SELECT kind, priority, since, first, $7::bigint AS n FROM parts WHERE (SELECT is_one FROM few)
      UNION ALL SELECT kind, priority, since, first, count(*) AS n FROM (
        SELECT parts.kind, parts.priority, parts.since, parts.first FROM parts CROSS JOIN LATERAL (
          SELECT run_at, seq FROM jobs WHERE ${READY} AND jobs.kind = parts.kind AND jobs.priority = parts.priority
            AND (run_at, seq) >= (parts.since, parts.first) AND run_at <= (SELECT at FROM clock) AND ${
    notAmong(8)
  }
          ORDER BY run_at, seq LIMIT $7::bigint) AS due
        WHERE NOT (SELECT is_one FROM few)
        ORDER BY parts.priority DESC, due.run_at, due.seq LIMIT $7::bigint) AS line GROUP BY kind, priority, since, first),
    locked AS MATERIALIZED (SELECT due.seq, quota.priority, due.run_at, due.payload_bytes FROM quota CROSS JOIN LATERAL (
        SELECT seq, run_at, payload_bytes FROM jobs WHERE ${READY} AND jobs.kind = quota.kind AND jobs.priority = quota.priority
          AND (run_at, seq) >= (quota.since, quota.first) AND run_at <= (SELECT at FROM clock) AND ${
    notAmong(8)
  }
        ORDER BY run_at, seq LIMIT quota.n FOR UPDATE SKIP LOCKED) AS due),
    line AS (SELECT seq, row_number() OVER before AS place, sum(payload_bytes) OVER before - payload_bytes AS bytes_before
      FROM locked WINDOW before AS (ORDER BY priority DESC, run_at, seq ROWS UNBOUNDED PRECEDING)),
    slots AS MATERIALIZED (
      SELECT array_agg(consumer ORDER BY n) AS consumers, array_agg(upto ORDER BY n) AS uptos, max(upto) AS most FROM (
        SELECT consumer, n, sum(most) OVER (ORDER BY n) AS upto
        FROM unnest($4::text[], $5::int[]) WITH ORDINALITY AS asked (consumer, most, n)
        WHERE consumer IS DISTINCT FROM $6::text OR NOT EXISTS (SELECT 1 FROM suspect)) AS given),
    taken AS (UPDATE jobs SET ${
    claimedBy("slots.consumers[width_bucket(line.place - 1, slots.uptos) + 1]", "$3::int")
  } FROM clock, slots, line
      WHERE jobs.seq = line.seq AND line.place <= slots.most AND line.bytes_before < ${MAX_CLAIMED_BYTES}
      RETURNING line.place, ${AS_CLAIMED}${more})
    SELECT 0 AS place, * FROM suspect UNION ALL SELECT * FROM taken ORDER BY place`;

export const LINE = {
  claim: claimed(
    `${levels(2)},
    parts (kind, priority, since, first) AS (SELECT kind, priority, run_at, seq FROM levels)`,
    "",
  ),
  // ?9 kinds ?10 priorities ?11 times ?12 seqs: where each part of the line begins
  claimFrom: claimed(
    "parts (kind, priority, since, first) AS (SELECT * FROM unnest($9::text[], $10::int[], $11::bigint[], $12::bigint[]))",
    ", jobs.priority, jobs.run_at",
  ),
  // where each part of the line begins: ?1 kinds, or null for all
  heads: `WITH RECURSIVE ${levels(1)} SELECT kind, priority, run_at, seq FROM levels`,
  // the jobs that are due and that no other session has locked, in their order: ?1 now, or null ?2 kinds, or null for all
  // ?3 seqs of others ?4 limit
  dueBeside: `WITH RECURSIVE ${levels(2)}
    SELECT due.seq, due.id, due.payload_bytes FROM levels CROSS JOIN LATERAL (
      SELECT jobs.seq, id, jobs.run_at, payload_bytes FROM jobs WHERE ${READY} AND jobs.kind = levels.kind
        AND jobs.priority = levels.priority AND jobs.run_at <= ${now(1)} AND ${notAmong(3)}
      ORDER BY jobs.run_at, jobs.seq LIMIT $4::bigint FOR UPDATE SKIP LOCKED) AS due
    ORDER BY levels.priority DESC, due.run_at, due.seq LIMIT $4::bigint`,
  suspectsBeside: `SELECT seq, id, payload_bytes FROM jobs WHERE ${SUSPECT} AND run_at <= ${now(1)}
      AND ${isOfKinds(2)} AND ${notAmong(3)}
    ORDER BY crashes, priority DESC, run_at, seq LIMIT $4::bigint FOR UPDATE SKIP LOCKED`,
  // ?1 now, or null ?2 process, or null ?3 consumer ?4 seqs
  claimThese: `WITH ${JOBS_FIRST}, clock AS (SELECT ${now(1)} AS at
      WHERE $2::int IS NULL OR EXISTS (SELECT 1 FROM processes WHERE n = $2::int)),
    free AS MATERIALIZED (SELECT seq FROM jobs WHERE seq = ANY ($4::bigint[]) AND ${MAY.claim} FOR UPDATE SKIP LOCKED)
    UPDATE jobs SET ${claimedBy("$3::text", "$2::int")} FROM clock, free WHERE jobs.seq = free.seq
    RETURNING ${AS_CLAIMED}`,
} as const;
