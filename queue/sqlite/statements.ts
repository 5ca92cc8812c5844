/**
 * Every statement that touches jobs: named, static, prepared once, in the order of the store's contract.
 *
 * Numbered parameters bind faster than named ones; the comment above each statement says what each number means.
 * Statements that run for thousands of jobs use OR ROLLBACK. Without it, SQLite copies each page before a change, to be
 * able to undo just that statement, which takes an eighth of its time. A turn that violates a rule is rolled back as a
 * whole. `jsonb_each` is used instead of `json_each`, which writes each row as text again, for each `->>` to parse.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { INITIAL_STATUS } from "../job.ts";
import { CLAIM_ONE_SQL } from "./claim_one_statements.ts";
import { COUNT_SQL } from "./count_statements.ts";
import { PORTABLE_SQL, RESULT } from "./portable_statements.ts";
import { HISTORY_SQL } from "./history_sql.ts";
import { LINE } from "./line_statements.ts";
import { PROCESS_SQL } from "./process_statements.ts";
import { SETTLE_SQL } from "./settle_statements.ts";
import {
  IN_FLIGHT,
  IS_FINISHED,
  IS_IN_FINISHED_INDEX,
  KEEPS_RUN_AT,
  MAY,
  STARTS_AGAIN,
  TO,
} from "../storing/conditions.ts";
import { LARGE_BYTES } from "../storing/batches.ts";
import { PARKED, READY, SUSPECT } from "./status_sql.ts";

/** Values longer than this, in bytes, are left out of the job and not even read. */
const columns = (most: number) =>
  `seq, lease, id, kind, status, priority, run_at, retries, crashes, consumer_id, last_heartbeat,
      started_at, finished_at, created_at, updated_at, ${ERROR}, canceled_from,
      iif(octet_length(payload) > ${most}, 'null', payload) AS payload,
      iif(octet_length(result) > ${most}, NULL, ${RESULT}) AS result,
      octet_length(payload) > ${most} AS payload_left_out, octet_length(result) > ${most} AS result_left_out`;

/** The system stores shorter texts, but an edit by hand has no bounds. */
const ERROR = `substr(error, 1, 20000) AS error`;

/** For lists of any length: long values are added within a budget (`values.ts`). */
const BRIEF = columns(2048);
const WHOLE = columns(4 * 1024 * 1024);

/** The filters of a list: ?4 kind ?5 part of the id ?6 changed since ?7 due until ?8 due after; null matches all. */
const FILTERS = `(?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR instr(id, ?5) > 0)
      AND (?6 IS NULL OR updated_at >= ?6) AND (?7 IS NULL OR run_at <= ?7) AND (?8 IS NULL OR run_at > ?8)`;

/** Completes the jobs that a subquery lists. */
const completeEach = (ended: string) =>
  `UPDATE OR ROLLBACK jobs SET status = ${TO.complete}, result = ended.result, error = NULL,
      finished_at = ?2, updated_at = ?2
    FROM (${ended}) AS ended
    WHERE jobs.seq = ended.seq AND jobs.lease = ended.lease AND ${MAY.complete} RETURNING jobs.seq`;

export const SQL = {
  ...LINE,
  ...PROCESS_SQL,
  ...COUNT_SQL,
  ...PORTABLE_SQL,
  ...SETTLE_SQL,
  ...CLAIM_ONE_SQL,

  // insert: ?1 id ?2 kind ?3 payload ?4 priority ?5 run_at ?6 now
  insert: `INSERT OR ROLLBACK INTO jobs (id, kind, payload, priority, run_at, created_at, updated_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO NOTHING`,
  // many at once: ?1 JSON list of [id, kind, payload, priority, run_at or null] ?2 now. The new jobs get the next
  // numbers, in this order; returning each number with its id would take a twelfth longer.
  insertMany: `INSERT OR ROLLBACK INTO jobs (id, kind, payload, priority, run_at, created_at, updated_at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, coalesce(value ->> 4, ?2), ?2, ?2
    FROM jsonb_each(?1) WHERE true ON CONFLICT (id) DO NOTHING`,
  // ?1 seq
  addedAfter: `SELECT id, seq FROM jobs WHERE seq > ?1`,
  // replace: as insert; only a finished job is restarted
  replace:
    `UPDATE jobs SET kind = ?2, payload = ?3, priority = ?4, run_at = ?5, created_at = ?6, updated_at = ?6,
      status = '${INITIAL_STATUS}', retries = 0, crashes = 0, suspect = 0, parked = 0, consumer_id = NULL, last_heartbeat = NULL,
      started_at = NULL, finished_at = NULL, result = NULL, error = NULL, canceled_from = NULL
    WHERE id = ?1 AND ${IS_FINISHED} RETURNING ${BRIEF}`,
  // whether the job with this id differs: ?1 id ?2 kind ?3 payload; a long payload is read only if its length is equal
  differs:
    `SELECT (kind <> ?2 OR octet_length(payload) <> octet_length(?3) OR payload <> ?3) AS differs FROM jobs WHERE id = ?1`,

  // claim: the highest priority of the waiting jobs, and the next one below ?1
  topLevel: `SELECT priority FROM jobs WHERE ${READY} ORDER BY priority DESC LIMIT 1`,
  levelBelow: `SELECT priority FROM jobs WHERE ${READY} AND priority < ?1
    ORDER BY priority DESC LIMIT 1`,
  payloadOf: "SELECT payload FROM jobs WHERE seq = ?1",
  // ?1 priority ?2 now ?3 limit. The jobs of one claim, as they will be once it has taken them, without large payloads.
  due:
    `SELECT seq, lease + 1, id, kind, iif(octet_length(payload) > ${LARGE_BYTES}, NULL, payload), retries, crashes, suspect
    FROM jobs WHERE ${READY} AND priority = ?1 AND run_at <= ?2 ORDER BY run_at, seq LIMIT ?3`,
  // ?1 consumer ?2 now ?3 process ?4 JSON list of the `seq` that `due` has read in this transaction. One statement that
  // finds, claims and returns the jobs takes a quarter longer, and nearly twice as long for a few jobs.
  claim:
    `UPDATE OR ROLLBACK jobs NOT INDEXED SET status = ${TO.claim}, lease = lease + 1, consumer_id = ?1, process = ?3,
      last_heartbeat = ?2, started_at = ?2, updated_at = ?2
    WHERE seq IN (SELECT value FROM json_each(?4)) AND ${MAY.claim}`,
  // ?1 seq ?2 lease
  isHeld: `SELECT 1 FROM jobs WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT}`,
  // the earliest run time at one priority (?1), and among the suspects
  nextOfLevel: `SELECT run_at FROM jobs WHERE ${READY} AND priority = ?1
    ORDER BY run_at LIMIT 1`,
  nextSuspect: `SELECT min(run_at) AS run_at FROM jobs WHERE ${SUSPECT}`,

  // renew: ?1 seq ?2 lease ?3 now
  renew: `UPDATE jobs SET last_heartbeat = ?3 WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT}`,

  // settle: ?1 seq ?2 lease ?3 now
  complete:
    `UPDATE OR ROLLBACK jobs SET status = ${TO.complete}, result = ?4, error = NULL, finished_at = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${MAY.complete}`,
  // many at once: ?1 JSON list of [seq, lease, result or null] ?2 now. Returns those whose lease was held.
  completeMany: completeEach(
    `SELECT value ->> 0 AS seq, value ->> 1 AS lease, value ->> 2 AS result FROM jsonb_each(?1)`,
  ),
  // ?1 JSON object of lease by seq, for jobs without a result: it is read in two thirds of the time
  completeEmpty: completeEach(
    `SELECT CAST(key AS INTEGER) AS seq, value AS lease, NULL AS result FROM json_each(?1)`,
  ),
  retry:
    `UPDATE jobs SET retries = ?4, run_at = ?5, error = coalesce(?6, error), last_heartbeat = ?3, updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${MAY.retry}`,
  release:
    `UPDATE jobs SET status = ${TO.release}, parked = 0, consumer_id = NULL, last_heartbeat = NULL, started_at = NULL,
      updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${MAY.release}`,
  // ?4 status ?5 crashes ?6 suspect ?7 error, or null to keep it ?8 finished at, or null
  releaseCharged:
    `UPDATE jobs SET status = ?4, crashes = ?5, suspect = ?6, error = coalesce(?7, error), parked = 0,
      finished_at = ?8, consumer_id = iif(?8 IS NULL, NULL, consumer_id), last_heartbeat = NULL, started_at = NULL,
      updated_at = ?3
    WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT}`,
  // ?1 seq ?2 lease ?3 now ?4 event ?5 detail ?6 retries, or null to keep them ?7 ran ms ?8 report ?9 log; runs before
  // the move that it records
  settledLine:
    `INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at, ran_ms, report, log)
    SELECT seq, ?3, ?4, lease, coalesce(?6, retries), consumer_id, ?5, started_at, ?7, ?8, ?9 FROM jobs
    WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT}`,

  // instead of another line: ?1 seq ?2 lease ?3 now ?4 detail ?5 ran ms ?6 report ?7 log ?8 event of both lines
  replaceLine: `UPDATE history SET at = ?3, detail = ?4, ran_ms = ?5, report = ?6, log = ?7
    WHERE n = (SELECT max(n) FROM history WHERE seq = ?1) AND event = ?8 AND lease = ?2
      AND EXISTS (SELECT 1 FROM jobs WHERE seq = ?1 AND lease = ?2 AND ${IN_FLIGHT})`,

  // move: ?1 id ?2 now ?3 event ?4 detail
  movedLine: `INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail, taken_at)
    SELECT seq, ?2, ?3, lease, retries, consumer_id, ?4, started_at FROM jobs WHERE id = ?1`,
  // a run time in the future survives cancel and resubmit
  cancel: `UPDATE jobs SET canceled_from = status, status = ${TO.cancel}, finished_at = ?2, updated_at = ?2
    WHERE id = ?1 AND ${MAY.cancel} RETURNING ${BRIEF}`,
  resubmit:
    `UPDATE jobs SET retries = iif(${STARTS_AGAIN}, 0, retries), crashes = iif(${STARTS_AGAIN}, 0, crashes),
      suspect = iif(${STARTS_AGAIN}, 0, suspect), run_at = iif(${KEEPS_RUN_AT}, max(run_at, ?2), ?2),
      status = ${TO.resubmit}, parked = 0, canceled_from = NULL, updated_at = ?2, consumer_id = NULL,
      last_heartbeat = NULL, started_at = NULL, finished_at = NULL, result = NULL
    WHERE id = ?1 AND ${MAY.resubmit} RETURNING ${BRIEF}`,

  // the clock was set back to ?1, from ?2 / by ?2: jobs that were due then, and jobs in flight that wait for a retry
  keepDue: `UPDATE jobs SET run_at = ?1 WHERE seq IN (
      SELECT seq FROM jobs INDEXED BY jobs_claim
        WHERE ${READY} AND run_at > ?1 AND run_at <= ?2
      UNION ALL SELECT seq FROM jobs INDEXED BY jobs_suspects
        WHERE ${SUSPECT} AND run_at > ?1 AND run_at <= ?2)`,
  shiftRetries: `UPDATE jobs INDEXED BY jobs_processing SET run_at = max(?1, run_at - ?2)
    WHERE ${IN_FLIGHT} AND run_at > ?1`,

  // prune: ?1 after ?2 limit ?3 before
  prunable: `SELECT seq, id, ${IS_FINISHED}
      AND coalesce(finished_at, updated_at) < ?3 AS old,
      octet_length(payload) + coalesce(octet_length(result), 0) AS bytes FROM jobs WHERE seq > ?1 ORDER BY seq LIMIT ?2`,
  pruneJob: `DELETE FROM jobs WHERE seq = ?1`,
  pruneHistory: `DELETE FROM history WHERE seq = ?1`,

  // get: ?1 id / seq
  get: `SELECT ${WHOLE} FROM jobs WHERE id = ?1`,
  // `bytes`: how much a change of the row rewrites
  brief:
    `SELECT ${BRIEF}, octet_length(payload) + coalesce(octet_length(result), 0) AS bytes FROM jobs WHERE id = ?1`,
  bySeq: `SELECT ${BRIEF} FROM jobs WHERE seq = ?1`,
  // ?1 seq ?2 the most bytes of each value
  values: `SELECT iif(octet_length(payload) <= ?2, payload, NULL) AS payload,
      iif(octet_length(result) <= ?2, ${RESULT}, NULL) AS result FROM jobs WHERE seq = ?1`,
  ...HISTORY_SQL,

  // list: ?1 before ?2 floor ?3 limit ?4 to ?8 as in FILTERS (?9 status)
  list: `SELECT ${BRIEF} FROM jobs WHERE seq < ?1 AND seq >= ?2
      AND ${FILTERS} ORDER BY seq DESC LIMIT ?3`,
  listWaiting:
    `SELECT ${BRIEF} FROM jobs NOT INDEXED WHERE ${MAY.claim} AND seq < ?1 AND seq >= ?2 AND ${FILTERS}
      ORDER BY seq DESC LIMIT ?3`,
  // read in claim order, then sorted
  listFewWaiting: `SELECT ${BRIEF} FROM jobs WHERE ${MAY.claim} AND seq < ?1 AND seq >= ?2
      AND seq IN (SELECT seq FROM jobs INDEXED BY jobs_claim WHERE ${READY}
        UNION ALL SELECT seq FROM jobs INDEXED BY jobs_suspects WHERE ${SUSPECT}
        UNION ALL SELECT seq FROM jobs INDEXED BY jobs_parked WHERE ${PARKED})
      AND ${FILTERS} ORDER BY seq DESC LIMIT ?3`,
  listRunning:
    `SELECT ${BRIEF} FROM jobs INDEXED BY jobs_processing WHERE ${IN_FLIGHT} AND seq < ?1 AND seq >= ?2 AND ${FILTERS}
      ORDER BY seq DESC LIMIT ?3`,
  listFinished: `SELECT ${BRIEF} FROM jobs INDEXED BY jobs_finished
    WHERE status = ?9 AND ${IS_IN_FINISHED_INDEX} AND seq < ?1 AND seq >= ?2 AND ${FILTERS} ORDER BY seq DESC LIMIT ?3`,
  // ?9 silent since
  listSilent: `SELECT ${BRIEF} FROM jobs INDEXED BY jobs_processing
    WHERE ${IN_FLIGHT} AND coalesce(last_heartbeat, -1) < ?9
      AND seq < ?1 AND seq >= ?2 AND ${FILTERS} ORDER BY seq DESC LIMIT ?3`,
  lastSeq: `SELECT max(seq) AS seq FROM jobs`,

  // stats, and the counts of count_statements.ts
  silent: `SELECT count(*) AS n FROM jobs INDEXED BY jobs_processing
    WHERE ${IN_FLIGHT} AND coalesce(last_heartbeat, -1) < ?1`,
  dataVersion: `PRAGMA data_version`,
  shrinkLog: `PRAGMA wal_checkpoint(TRUNCATE)`,
  // the most jobs that there can be: old ones are pruned
  extent: `SELECT (SELECT max(seq) FROM jobs) - (SELECT min(seq) FROM jobs) AS n`,
} as const;

/** Returns rows as arrays: at eight columns they cost a third of objects. The runtime's types do not have this yet. */
interface ListingStatement {
  setReturnArrays(enabled: true): void;
  all(...values: readonly SQLInputValue[]): unknown[][];
}

const LISTING = [
  "due",
  "claimOne",
  "claimAlone",
  "claimSuspect",
  "addedAfter",
  "completeMany",
  "completeEmpty",
] as const;
type Listing = typeof LISTING[number];

export type Statements =
  & Record<Exclude<keyof typeof SQL, Listing>, StatementSync>
  & Record<Listing, ListingStatement>;

export function prepareAll(db: DatabaseSync): Statements {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  const statements = Object.fromEntries(prepared) as Statements;
  for (const name of LISTING) statements[name].setReturnArrays(true);
  return statements;
}
