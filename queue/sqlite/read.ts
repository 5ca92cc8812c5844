/** Reads jobs, lists and statistics, and removes old jobs. */
import { type HistoryEntry, isFinished, type Job, MOVES, type Status, STATUSES } from "../job.ts";
import type { GetOptions, JobPage, JobQuery, PruneRequest, StoreStats } from "../store.ts";
import { PriorityLevels } from "./claim.ts";
import { fromCursor, toCursor } from "../storing/cursor.ts";
import {
  type FilterValues,
  filterValuesOf,
  type ListPart,
  merged,
  partOf,
  type PartQuery,
} from "../storing/list_parts.ts";
import { readHistory } from "./history.ts";
import { parkedKinds } from "./parking.ts";
import { number, toJob } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";
import { ValueBudget } from "./values.ts";
import { listLine } from "./waiting_line.ts";

/** How many rows one call reads by default. */
const ROWS_PER_CALL = 10_000;

/** Removing values takes time too: one turn removes about this many bytes at most. */
const PRUNED_BYTES = 4 * 1024 * 1024;

const [WAITING] = MOVES.claim.from;

/** This many waiting jobs are sorted quickly. If there are more, a scan of all jobs soon meets them. */
const FEW_WAITING = 5_000;

export function get(
  sql: Statements,
  id: string,
  { values = true }: GetOptions = {},
): { job: Job; history: HistoryEntry[] } | null {
  if (!id.isWellFormed()) return null;
  const row = values ? sql.get.get(id) : sql.brief.get(id);
  if (row === undefined) return null;
  const job = toJob(row);
  return { job, history: readHistory(sql, job.seq) };
}

export function getMany(
  sql: Statements,
  seqs: readonly number[],
  { values = true }: GetOptions = {},
): Job[] {
  const jobs = seqs.map((seq) => sql.bySeq.get(seq)).filter((row) => row !== undefined).map(toJob);
  return values ? withValues(sql, jobs) : jobs;
}

export function list(sql: Statements, query: JobQuery, now: number): JobPage {
  const { line, cursor, limit, statuses = [undefined], search = "", kind = "" } = query;
  if (!search.isWellFormed() || !kind.isWellFormed()) return { jobs: [], next: null };
  const isFew = isAtMost(sql, WAITING, FEW_WAITING);
  if (line) return listLine(sql, { ...query, now, isFew });
  const before = cursor === undefined ? number(sql.lastSeq.get()?.seq ?? 0) + 1 : fromCursor(cursor);
  const parts = [...new Set(statuses)].map((status) =>
    listOne(sql, { ...query, status, before, isFew, now })
  );
  const { jobs, next } = merged(parts, limit);
  return {
    jobs: query.values === false ? jobs : withValues(sql, jobs),
    next: next > 0 ? toCursor(next) : null,
  };
}

/** Jobs of one status, or of any. */
function listOne(sql: Statements, query: PartQuery): ListPart {
  const { status, before, limit } = query;
  const isFew = query.isFew && status === WAITING;
  const floor = isFew || isIndexed(query) ? 0 : Math.max(0, before - (query.rows ?? ROWS_PER_CALL));
  // One more row than requested shows whether there is another page.
  const values = [before, floor, limit + 1, ...filterValuesOf(query)] as const;
  const found = isFew ? sql.listFewWaiting.all(...values) : rowsOf(sql, query, values);
  return partOf(found.map(toJob), { limit, floor });
}

function withValues(sql: Statements, jobs: readonly Job[]): Job[] {
  const budget = new ValueBudget(sql);
  return jobs.map((job) => budget.fill(job));
}

function isAtMost(sql: Statements, status: Status, most: number): boolean {
  return number(sql.counts.all().find((row) => row.status === status)?.n ?? 0) <= most;
}

/** Whether an index finds exactly the rows of the query, so that no other rows are read. */
function isIndexed(query: PartQuery): boolean {
  if (query.silentForMs !== undefined) return true;
  return filterValuesOf(query).every((wanted) => wanted === null) && query.status !== WAITING;
}

type ListValues = readonly [number, number, number, ...FilterValues];

function rowsOf(sql: Statements, { status, silentForMs, now }: PartQuery, values: ListValues) {
  if (silentForMs !== undefined) return sql.listSilent.all(...values, now - silentForMs);
  if (status === undefined) return sql.list.all(...values);
  if (isFinished(status)) return sql.listFinished.all(...values, status);
  return status === WAITING ? sql.listWaiting.all(...values) : sql.listRunning.all(...values);
}

export function stats(
  sql: Statements,
  { now, silentForMs }: { now: number; silentForMs: number },
): Omit<StoreStats, "warnings" | "durability"> {
  const counted = new Map(sql.counts.all().map((row) => [row.status, number(row.n)]));
  const counts = Object.fromEntries(STATUSES.map((status) => [status, counted.get(status) ?? 0]));
  return {
    counts: counts as Record<Status, number>,
    oldestDueAt: dueSince(sql, now),
    silent: number(sql.silent.get(now - silentForMs)?.n),
    parked: parkedKinds(sql),
  };
}

function dueSince(sql: Statements, now: number): number | null {
  const levels = [...new PriorityLevels(sql).levels()];
  const found = [sql.suspectDueSince.get(now), ...levels.map((level) => sql.dueSinceOfLevel.get(now, level))];
  const times = found.map((row) => row?.since).filter((time) => typeof time === "number");
  return times.length === 0 ? null : Math.min(...times);
}

export function prune(
  sql: Statements,
  { olderThanMs, after, limit }: PruneRequest,
  now: number,
): { removed: string[]; next: number } {
  const rows = sql.prunable.all(after, limit, now - olderThanMs);
  const removed: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const seq = number(row.seq);
    if (row.old !== 1) continue;
    sql.pruneHistory.run(seq);
    sql.pruneJob.run(seq);
    removed.push(String(row.id));
    bytes += number(row.bytes);
    if (bytes >= PRUNED_BYTES) return { removed, next: seq };
  }
  const last = rows.at(-1);
  return { removed, next: rows.length < limit || last === undefined ? 0 : number(last.seq) };
}
