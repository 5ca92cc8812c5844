/** Copies whole jobs out of the tables, and into them. */
import type { HistoryEntry } from "../job.ts";
import { number, toHistoryEntry, toStoredJob } from "../storing/rows.ts";
import { MAX_LINES } from "../storing/history_bounds.ts";
import {
  assertNoConflict,
  type Dump,
  DUMP_BYTES,
  type DumpRequest,
  firstConflict,
  type StoredJob,
  uniqueById,
} from "../stored_job.ts";
import type { Client, Row, Tx } from "./client.ts";
import { readWholeHistory } from "./history.ts";
import { hasId } from "./sql_fragments.ts";

const FACTS =
  `jobs.seq, lease, id, kind, status, priority, run_at, retries, crashes, suspect, consumer_id, last_heartbeat, started_at,
      finished_at, created_at, updated_at, canceled_from, payload::text AS payload, result::text AS result, error`;

/** The columns of a history line, in the order of `LINES`. */
const LINE = [
  ...["at", "event", "lease", "retries", "consumer_id", "detail", "taken_at", "ran_ms", "report", "log"],
] as const;

/** The newest lines, oldest first: read with their job, so that both are of one snapshot. */
const LINES = `(SELECT json_agg(json_build_array(${LINE.join(", ")}) ORDER BY n) FROM (
      SELECT * FROM history WHERE history.seq = jobs.seq ORDER BY n DESC LIMIT ${MAX_LINES}) AS newest) AS lines`;

const PORTABLE = {
  // ?1 after, or null ?2 limit ?3 bytes: the last job to read. The server knows the length of a text without unpacking it.
  last: `SELECT max(seq) AS seq FROM (SELECT seq, sum(bytes) OVER (ORDER BY seq) AS upto,
        row_number() OVER (ORDER BY seq) AS place FROM (
        SELECT seq, payload_bytes + coalesce(result_bytes, 0) + coalesce(octet_length(error), 0) + coalesce((
            SELECT sum(coalesce(octet_length(detail), 0) + coalesce(octet_length(report), 0) + coalesce(octet_length(log), 0))
            FROM history WHERE history.seq = jobs.seq), 0) AS bytes
        FROM jobs WHERE seq > coalesce($1::bigint, -9223372036854775808) ORDER BY seq LIMIT $2::bigint) AS sized) AS summed
    WHERE upto <= $3::bigint OR place = 1`,
  // ?1 after, or null ?2 last
  dump: `SELECT ${FACTS}, ${LINES} FROM jobs
    WHERE seq > coalesce($1::bigint, -9223372036854775808) AND seq <= $2::bigint ORDER BY seq`,
  // ?1 ids
  byIds: `SELECT ${FACTS}, ${LINES} FROM unnest($1::text[]) AS asked (wanted) JOIN jobs ON ${
    hasId("asked.wanted")
  }`,
  // the columns as arrays, in their order; the jobs belong to no process
  restore:
    `INSERT INTO jobs (id, kind, status, priority, run_at, retries, crashes, suspect, lease, consumer_id,
      last_heartbeat, started_at, finished_at, created_at, updated_at, canceled_from, payload, result, error)
    SELECT id, kind, status, priority, run_at, retries, crashes, suspect, lease, consumer_id, last_heartbeat, started_at,
      finished_at, created_at, updated_at, canceled_from, payload::json, result::json, error
    FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::bigint[],
      $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[], $17::text[],
      $18::text[], $19::text[]) WITH ORDINALITY AS a (id, kind, status, priority, run_at, retries, crashes, suspect, lease,
      consumer_id, last_heartbeat, started_at, finished_at, created_at, updated_at, canceled_from, payload, result, error, n)
    ORDER BY n ON CONFLICT DO NOTHING RETURNING id, seq`,
  // ?1 seqs of the jobs, then the columns as arrays
  restoreLines: `INSERT INTO history (seq, ${LINE.join(", ")})
    SELECT seq, at, event, lease, retries, consumer_id, detail, taken_at, ran_ms::double precision, report, log
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::bigint[],
      $9::text[], $10::text[], $11::text[]) WITH ORDINALITY AS a (seq, ${LINE.join(", ")}, n) ORDER BY n`,
} as const;

export async function dump(client: Client, { after, limit }: DumpRequest): Promise<Dump> {
  const [row] = await client.query(PORTABLE.last, [after, limit, DUMP_BYTES]);
  const last = row?.seq ?? null;
  if (last === null) return { jobs: [], next: null };
  const jobs = await storedJobs(client, await client.query(PORTABLE.dump, [after, number(last)]));
  return { jobs, next: number(last) };
}

async function storedJobs(tx: Tx, rows: readonly Row[]): Promise<StoredJob[]> {
  const jobs: StoredJob[] = [];
  for (const row of rows) jobs.push(toStoredJob(row, await historyOf(tx, row)));
  return jobs;
}

async function historyOf(tx: Tx, { seq, lines }: Row): Promise<HistoryEntry[]> {
  if (!Array.isArray(lines)) return [];
  if (lines.length >= MAX_LINES) return await readWholeHistory(tx, number(seq));
  return lines.map((line) => toHistoryEntry(Object.fromEntries(LINE.map((name, i) => [name, line[i]]))));
}

/** All of them, or none. */
export async function restore(client: Client, all: readonly StoredJob[]): Promise<void> {
  assertNoConflict(firstConflict(all, []));
  const jobs = uniqueById(all);
  if (jobs.length === 0) return;
  await client.transaction(async (tx) => {
    const added = await addAll(tx, jobs);
    const present = jobs.filter(({ id }) => !added.has(id));
    if (present.length > 0) {
      const rows = await tx.query(PORTABLE.byIds, [present.map(({ id }) => id)]);
      assertNoConflict(firstConflict(present, await storedJobs(tx, rows)));
    }
    await addLines(tx, jobs.map(({ id, history }) => ({ seq: added.get(id), history })));
  });
}

/** Returns the `seq` of each job that was added, by id. */
async function addAll(tx: Tx, jobs: readonly StoredJob[]): Promise<Map<string, number>> {
  const rows = await tx.query(PORTABLE.restore, [
    ...[jobs.map(({ id }) => id), jobs.map(({ kind }) => kind), jobs.map(({ status }) => status)],
    ...[jobs.map(({ priority }) => priority), jobs.map(({ runAt }) => runAt)],
    ...[jobs.map(({ retries }) => retries), jobs.map(({ crashes }) => crashes)],
    ...[jobs.map(({ suspect }) => Number(suspect)), jobs.map(({ lease }) => lease)],
    ...[jobs.map(({ consumerId }) => consumerId), jobs.map(({ lastHeartbeat }) => lastHeartbeat)],
    ...[jobs.map(({ startedAt }) => startedAt), jobs.map(({ finishedAt }) => finishedAt)],
    ...[jobs.map(({ createdAt }) => createdAt), jobs.map(({ updatedAt }) => updatedAt)],
    ...[jobs.map(({ canceledFrom }) => canceledFrom), jobs.map(({ payload }) => payload)],
    ...[jobs.map(({ result }) => result), jobs.map(({ error }) => error)],
  ]);
  return new Map(rows.map((row) => [String(row.id), number(row.seq)]));
}

interface Lines {
  /** Undefined: the job existed already. */
  readonly seq: number | undefined;
  readonly history: readonly HistoryEntry[];
}

async function addLines(tx: Tx, all: readonly Lines[]): Promise<void> {
  const lines = all.flatMap(({ seq, history }) =>
    seq === undefined ? [] : history.map((line) => ({ ...line, seq }))
  );
  if (lines.length === 0) return;
  await tx.query(PORTABLE.restoreLines, [
    ...[lines.map(({ seq }) => seq), lines.map(({ at }) => at), lines.map(({ event }) => event)],
    ...[lines.map(({ lease }) => lease), lines.map(({ retries }) => retries)],
    ...[lines.map(({ consumerId }) => consumerId), lines.map(({ detail }) => detail)],
    ...[lines.map(({ takenAt }) => takenAt), lines.map(({ ranMs }) => ranMs)],
    ...[lines.map(({ report }) => report), lines.map(({ log }) => log)],
  ]);
}
