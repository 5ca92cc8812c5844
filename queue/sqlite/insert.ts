/** Adds jobs, many new ones with one statement, and finds those that exist already. */
import { INITIAL_STATUS, isFinished } from "../job.ts";
import type { Added } from "../roles.ts";
import type { NewJob, Refused } from "../store.ts";
import { counted, MAX_BULK_LENGTH, MIN_BULK_JOBS } from "./bulk.ts";
import { foldHistory } from "./history.ts";
import { addedAs, number, toJob } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";
import { ValueBudget } from "./values.ts";

/**
 * Jobs that already exist are read, and SQLite has to step over their long values to reach the columns behind them. One
 * turn steps over at most this many bytes, which takes about 15 ms, or over a single job.
 */
const TURN_BYTES = 64 * 1024 * 1024;
/** Each existing job is read or replaced by its own statements, which takes as long as ten new jobs. */
const TURN_JOBS = 500;

/** What one turn has read. */
interface Reading {
  /** Null until the first job is read. */
  budget: ValueBudget | null;
  bytes: number;
  jobs: number;
}

export function insert(sql: Statements, jobs: readonly NewJob[], now: number): (Added | Refused)[] {
  const seqs = insertNew(sql, jobs, now);
  if (typeof seqs === "number") return jobs.map((job, i) => addedAs(job, seqs + i, now));
  const reading: Reading = { budget: null, bytes: 0, jobs: 0 };
  const inserted: (Added | Refused)[] = [];
  for (const job of jobs) {
    const seq = seqs.get(job.id);
    if (seq === undefined && (reading.bytes >= TURN_BYTES || reading.jobs >= TURN_JOBS)) break;
    inserted.push(seq === undefined ? insertOne(sql, job, { now, reading }) : addedAs(job, seq, now));
    // A second job with this id is not new.
    seqs.delete(job.id);
  }
  // Jobs behind the last result belong to a later turn.
  for (const seq of seqs.values()) sql.pruneJob.run(seq);
  return inserted;
}

/**
 * Inserts the jobs with new ids in one statement, if that pays. Returns their `seq` by id, or only the first `seq` if
 * all were new, since the others follow it.
 */
function insertNew(sql: Statements, jobs: readonly NewJob[], now: number): number | Map<string, number> {
  if (jobs.length < MIN_BULK_JOBS || jobs.some(({ payload }) => payload.length > MAX_BULK_LENGTH)) {
    return new Map();
  }
  const rows = jobs.map(({ id, kind, payload, priority, runAt }) => [id, kind, payload, priority, runAt]);
  const last = number(sql.lastSeq.get()?.seq ?? 0);
  const { changes, lastInsertRowid } = counted(
    sql,
    { jobs: jobs.length, from: null, to: INITIAL_STATUS },
    () => sql.insertMany.run(JSON.stringify(rows), now),
  );
  const areAllNew = changes === jobs.length && lastInsertRowid === last + jobs.length;
  if (areAllNew) return last + 1;
  const seqs = new Map(sql.addedAfter.all(last).map(([id, seq]) => [String(id), number(seq)]));
  // A trigger added by hand may have inserted others.
  const asked = new Set(jobs.map(({ id }) => id));
  return new Map([...seqs].filter(([id]) => asked.has(id)));
}

function insertOne(
  sql: Statements,
  job: NewJob,
  { now, reading }: { readonly now: number; readonly reading: Reading },
): Added | Refused {
  reading.jobs += 1;
  const values = [job.id, job.kind, job.payload, job.priority, job.runAt ?? now, now] as const;
  const { changes, lastInsertRowid } = sql.insert.run(...values);
  if (changes === 1) return addedAs(job, Number(lastInsertRowid), now);

  const replaced = job.replace ? sql.replace.get(...values) : undefined;
  if (replaced) {
    const detail = job.by === undefined ? "added again" : `added again, by ${job.by}`;
    sql.movedLine.run(job.id, now, "replaced", detail);
    const { leftOut: _, ...afresh } = toJob(replaced);
    foldHistory(sql, afresh.seq);
    return { outcome: "replaced", job: { ...afresh, payload: job.payload }, differs: false };
  }
  const row = sql.brief.get(job.id) ?? {};
  reading.bytes += number(row.bytes ?? 0);
  const present = (reading.budget ??= new ValueBudget(sql)).fill(toJob(row));
  if (isFinished(present.status)) return { outcome: "refused", job: present };
  return {
    outcome: "waiting",
    job: present,
    differs: sql.differs.get(job.id, job.kind, job.payload)?.differs === 1,
  };
}
