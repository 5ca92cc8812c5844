/** Copies whole jobs out of the database and into it. */
import { number, toStoredJob } from "../storing/rows.ts";
import {
  type Dump,
  DUMP_BYTES,
  type DumpRequest,
  firstConflict,
  type StoredJob,
  uniqueById,
  weightOf,
} from "../stored_job.ts";
import { readWholeHistory } from "./history.ts";
import type { Statements } from "./statements.ts";

export function dump(sql: Statements, { after, limit }: DumpRequest): Dump {
  const last = lastOf(sql, { after, limit });
  if (last === null) return { jobs: [], next: null };
  const jobs: StoredJob[] = [];
  let bytes = 0;
  for (const row of sql.dump.all(after, last)) {
    if (bytes >= DUMP_BYTES) break;
    const job = toStoredJob(row, readWholeHistory(sql, number(row.seq)));
    jobs.push(job);
    bytes += weightOf(job);
  }
  return { jobs, next: jobs.at(-1)?.seq ?? null };
}

/** The last job whose values fit into one call; null if no job is left. */
function lastOf(sql: Statements, { after, limit }: DumpRequest): number | null {
  let [last, bytes]: [number | null, number] = [null, 0];
  for (const row of sql.dumpSizes.all(after, limit)) {
    bytes += number(row.bytes);
    if (last !== null && bytes > DUMP_BYTES) break;
    last = number(row.seq);
  }
  return last;
}

/** Writes all jobs, or none if it returns a conflict: a job whose id is stored with other facts. */
export function restore(sql: Statements, jobs: readonly StoredJob[]): StoredJob | null {
  const stored = new Map(jobs.flatMap(({ id }) => {
    const row = sql.whole.get(id);
    return row === undefined ? [] : [[id, toStoredJob(row, readWholeHistory(sql, number(row.seq)))]];
  }));
  const conflict = firstConflict(jobs, stored.values());
  if (conflict !== null) return conflict;
  for (const job of uniqueById(jobs)) if (!stored.has(job.id)) restoreOne(sql, job);
  return null;
}

function restoreOne(sql: Statements, job: StoredJob): void {
  const { lastInsertRowid: seq } = sql.restore.run(
    ...[job.id, job.kind, job.status, job.priority, job.runAt, job.retries, job.crashes, Number(job.suspect)],
    ...[job.lease, job.consumerId, job.lastHeartbeat, job.startedAt, job.finishedAt, job.createdAt],
    ...[job.updatedAt, job.canceledFrom, job.payload, job.result, job.error],
  );
  for (const line of job.history) {
    sql.restoreLine.run(
      ...[seq, line.at, line.event, line.lease, line.retries, line.consumerId, line.detail],
      ...[line.takenAt, line.ranMs, line.report, line.log],
    );
  }
}
