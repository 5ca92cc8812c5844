/** Reads jobs, lists and statistics, and removes old jobs. */
import { assertPassing } from "../errors.ts";
import { type HistoryEntry, isFinished, type Job, MOVES, type Status, STATUSES } from "../job.ts";
import type { GetOptions, JobPage, JobQuery, PruneRequest, StoreStats } from "../store.ts";
import { fromCursor, toCursor } from "../storing/cursor.ts";
import { filterValuesOf, type ListPart, merged, partOf, type PartQuery } from "../storing/list_parts.ts";
import type { RefusedClaims } from "../storing/refused_claims.ts";
import { number, numberOrNull, toJob, toText } from "../storing/rows.ts";
import type { Client, Row } from "./client.ts";
import type { ExpensiveQuery } from "./expensive_query.ts";
import { readHistory } from "./history.ts";
import { READING } from "./read_statements.ts";
import { UPKEEP } from "./statements.ts";
import { fillValues, isPossible } from "./values.ts";

/** Rows that one call scans by default. */
const ROWS_PER_CALL = 10_000;
/** And at least: another round trip takes as long as scanning this many, which holds up no thread of ours. */
const LEAST_ROWS = 4_000;
const [WAITING] = MOVES.claim.from;
/** Up to this many waiting jobs are sorted quickly; if there are more, a scan of all jobs soon finds some. */
const FEW_WAITING = 5_000;
/** If more jobs wait than can be sorted quickly, the line is listed only up to here. */
const MAX_PLACES = 1_000;
const MAX_KINDS_SHOWN = 20;
const MAX_COUNTED = 10_000;
/** A call that finds more changes of the counts than this folds them. */
const MAX_CHANGES = 500;

export async function get(
  client: Client,
  id: string,
  { values = true }: GetOptions = {},
): Promise<{ job: Job; history: HistoryEntry[] } | null> {
  if (!isPossible(id)) return null;
  const [row] = await client.query(values ? READING.get : READING.brief, [id]);
  if (row === undefined) return null;
  const job = toJob(row);
  return { job, history: await readHistory(client, job.seq) };
}

export async function getMany(
  client: Client,
  seqs: readonly number[],
  { values = true }: GetOptions = {},
): Promise<Job[]> {
  if (seqs.length === 0) return [];
  const jobs = (await client.query(READING.bySeqs, [seqs])).map(toJob);
  return values ? await fillValues(client, jobs) : jobs;
}

export interface ReadContext {
  readonly now: number;
  /** The kinds that have a handler somewhere; null = not known. */
  readonly kinds: readonly string[] | null;
}

/** Jobs, newest first. */
export async function list(client: Client, query: JobQuery, now: number): Promise<JobPage> {
  const { cursor, limit, search = "", kind = "" } = query;
  if (!isPossible(search) || !isPossible(kind)) return { jobs: [], next: null };
  const statuses: readonly (Status | undefined)[] = query.statuses ?? [undefined];
  const place = cursor === undefined ? null : fromCursor(cursor);
  const [isFew, before] = await Promise.all([
    statuses.includes(WAITING) && areFewWaiting(client),
    place ?? afterNewest(client),
  ]);
  const parts = await Promise.all(
    [...new Set(statuses)].map((status) => listOne(client, { ...query, status, before, isFew, now })),
  );
  const { jobs, next } = merged(parts, limit);
  return {
    jobs: query.values === false ? jobs : await fillValues(client, jobs),
    next: next > 0 ? toCursor(next) : null,
  };
}

async function areFewWaiting(client: Client): Promise<boolean> {
  return (await countsOf(client))[WAITING] <= FEW_WAITING;
}

async function afterNewest(client: Client): Promise<number> {
  const [row] = await client.query(READING.lastSeq, []);
  return (numberOrNull(row?.seq ?? null) ?? 0) + 1;
}

/** Jobs of one status, or of any. */
async function listOne(client: Client, query: PartQuery): Promise<ListPart> {
  const { status, before, limit, isFew } = query;
  const floor = (isFew && status === WAITING) || isIndexed(query)
    ? 0
    : Math.max(0, before - Math.max(query.rows ?? ROWS_PER_CALL, LEAST_ROWS));
  // One more row than requested shows whether there is another page.
  const found = await rowsOf(client, query, [before, floor, limit + 1, ...filterValuesOf(query)]);
  return partOf(found.map(toJob), { limit, floor });
}

function rowsOf(
  client: Client,
  { status, silentForMs, isFew, now }: PartQuery,
  values: readonly (string | number | null)[],
): Promise<Row[]> {
  if (silentForMs !== undefined) return client.query(READING.listSilent, [...values, now - silentForMs]);
  if (status === undefined) return client.query(READING.list, values);
  if (isFinished(status)) return client.query(READING.listFinished, [...values, status]);
  if (status !== WAITING) return client.query(READING.listRunning, values);
  return client.query(isFew ? READING.listFewWaiting : READING.listWaiting, values);
}

/** Whether an index finds exactly the rows of the query, so that no other rows are read. */
function isIndexed(query: PartQuery): boolean {
  if (query.silentForMs !== undefined) return true;
  return filterValuesOf(query).every((filter) => filter === null) && query.status !== undefined &&
    query.status !== WAITING;
}

/** Waiting jobs: due ones first, then delayed ones by time, and jobs without a handler last. */
export async function listLine(
  client: Client,
  { limit, due, cursor }: JobQuery,
  { now, kinds }: ReadContext,
): Promise<JobPage> {
  const from = cursor === undefined ? 0 : fromCursor(cursor);
  // If so, all of them can be sorted quickly.
  const isFew = await areFewWaiting(client);
  const end = Math.min(from + limit, isFew ? Infinity : MAX_PLACES);
  // One more place than requested shows whether there is another page.
  const wanted = [due !== "later", due !== "now", due === undefined];
  const places = (await client.query(READING.line, [now, kinds, end + 1, ...wanted, null])).map((row) =>
    number(row.seq)
  );
  const isLast = places.length <= end || (!isFew && end === MAX_PLACES);
  const jobs = await getMany(client, places.slice(from, end), { values: false });
  return { jobs, next: isLast ? null : toCursor(end) };
}

export interface StatsContext extends ReadContext {
  readonly silentForMs: number;
  /** When the oldest job became due, and how many jobs are silent. */
  readonly oldestAndSilent: ExpensiveQuery<Row[]>;
  readonly refused: RefusedClaims;
}

export async function stats(
  client: Client,
  { now, kinds, silentForMs, oldestAndSilent, refused }: StatsContext,
): Promise<StoreStats> {
  const query = () => client.query(READING.oldestAndSilent, [now, kinds, silentForMs]);
  const [counts, [found = {}], parked] = await Promise.all([
    countsOf(client),
    oldestAndSilent.run(JSON.stringify([kinds, silentForMs]), query),
    kinds === null ? [] : client.query(READING.parked, [kinds, MAX_KINDS_SHOWN, MAX_COUNTED]),
  ]);
  const losses = powerLosses(found);
  return {
    counts,
    // A cached answer may be some seconds old, and the job gone.
    oldestDueAt: counts[WAITING] === 0 ? null : numberOrNull(found.oldest),
    silent: Math.min(number(found.silent), counts[MOVES.claim.to]),
    parked: parked.map(({ kind, n }) => ({ kind: toText(kind), count: Math.min(number(n), MAX_COUNTED) })),
    // Without the disk, writes reach the operating system, which keeps them if only the server dies.
    durability: losses.length > 0 ? "crash" : "power_loss",
    warnings: [...losses, ...refused.warnings],
  };
}

const UNSYNCED =
  "PostgreSQL does not wait for its disk, so a power cut may lose jobs and damage the rest: set fsync = on.";
const TORN_PAGES =
  "PostgreSQL cannot mend a page that a power cut leaves half written, which may damage jobs: set full_page_writes = on.";

/** What a power cut may do. */
function powerLosses({ syncs, logs_pages }: Row): string[] {
  return [...(syncs === false ? [UNSYNCED] : []), ...(logs_pages === false ? [TORN_PAGES] : [])];
}

async function countsOf(client: Client): Promise<Record<Status, number>> {
  const rows = await client.query(READING.counts, []);
  if (rows.reduce((sum, { changes }) => sum + number(changes), 0) > MAX_CHANGES) {
    // Another reader may be adding them up at this moment.
    await client.query(UPKEEP.foldCounts, []).catch(assertPassing);
  }
  const counted = new Map(rows.map(({ status, n }) => [status, number(n)]));
  const counts = STATUSES.map((status) => [status, counted.get(status) ?? 0]);
  return Object.fromEntries(counts) as Record<Status, number>;
}

export async function prune(
  client: Client,
  { olderThanMs, after, limit }: PruneRequest,
  time: number | null,
): Promise<{ removed: string[]; next: number }> {
  const [row = {}] = await client.query(UPKEEP.prune, [time, olderThanMs, after, limit]);
  const isEnd = number(row.looked) < limit;
  return { removed: idsOf(row), next: isEnd ? 0 : numberOrNull(row.last) ?? 0 };
}

function idsOf({ removed }: Row): string[] {
  return Array.isArray(removed) ? removed.map(toText) : [];
}

/** Milliseconds since 1970, by the server's clock. */
export async function serverTime(client: Client): Promise<number> {
  return number((await client.query(READING.clock, [null]))[0]?.at);
}

/** Returns a sentence for each problem. Counts every job, which may take hours. */
export async function check(client: Client): Promise<string[]> {
  const wrong = await client.longTransaction((tx) => tx.query(READING.wrongCounts, []));
  return wrong.map(({ status, kept, counted }) =>
    `The count of ${status} jobs is ${kept}, but there are ${counted}: the triggers of the table jobs were off.`
  );
}
