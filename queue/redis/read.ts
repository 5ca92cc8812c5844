/** Reads jobs, lists and statistics. */
import { type HistoryEntry, type Job, type Status, STATUSES } from "../job.ts";
import type { GetOptions, JobPage, JobQuery, StoreStats } from "../store.ts";
import { fromCursor, toCursor } from "../storing/cursor.ts";
import { toText } from "../storing/rows.ts";
import { kindsAsValues } from "./claim.ts";
import type { Client } from "./client.ts";
import { historyEntryOf, items, jobOf, numberOf } from "./replies.ts";

/** Jobs that one call looks at by default. */
const ROWS_PER_CALL = 2_000;
/** Limit of all long values of one list, in bytes. */
const ANSWER_BYTES = 1024 * 1024;
/** Longer than any value that is added. */
const WHOLE_BYTES = 4 * 1024 * 1024;
/** Only short values are returned. */
const BRIEF_BYTES = 2_048;
const MAX_KINDS_SHOWN = 20;
const MAX_COUNTED = 10_000;

export async function get(
  client: Client,
  id: string,
  { values = true }: GetOptions = {},
): Promise<{ job: Job; history: HistoryEntry[] } | null> {
  if (!id.isWellFormed()) return null;
  const found = await client.run("get", [id, values ? WHOLE_BYTES : BRIEF_BYTES]);
  if (found === null) return null;
  const [job, lines] = items(found);
  return { job: jobOf(job), history: items(lines).map((line) => historyEntryOf(line)) };
}

export async function getMany(
  client: Client,
  seqs: readonly number[],
  { values = true }: GetOptions = {},
): Promise<Job[]> {
  if (seqs.length === 0) return [];
  return items(await client.run("getMany", [values ? ANSWER_BYTES : 0, ...seqs])).map(jobOf);
}

export async function list(client: Client, query: JobQuery, now: number): Promise<JobPage> {
  const { statuses = STATUSES, cursor, limit, kind, search, changedSince, due, silentForMs } = query;
  const before = cursor === undefined ? "" : fromCursor(cursor);
  const isPossible = (kind ?? "").isWellFormed() && (search ?? "").isWellFormed();
  if (statuses.length === 0 || !isPossible) return { jobs: [], next: null };
  const [jobs, next] = items(
    await client.run("list", [
      ...[query.values === false ? 0 : ANSWER_BYTES, before, limit, query.rows ?? ROWS_PER_CALL],
      ...[kind ?? "", search ?? "", changedSince ?? ""],
      ...[due === "now" ? now : "", due === "later" ? now : ""],
      silentForMs === undefined ? "" : now - silentForMs,
      ...new Set(statuses),
    ]),
  );
  const place = numberOf(next);
  return { jobs: items(jobs).map(jobOf), next: place > 0 ? toCursor(place) : null };
}

interface StatsContext {
  readonly time: number | "";
  readonly silentForMs: number;
  /** The kinds that this process claims; null = all. */
  readonly kinds: readonly string[] | null;
}

export async function stats(
  client: Client,
  { time, silentForMs, kinds }: StatsContext,
): Promise<Omit<StoreStats, "warnings" | "durability">> {
  const limits = [MAX_KINDS_SHOWN, MAX_COUNTED];
  const [counts, oldest, silent, parked] = items(
    await client.run("stats", [time, silentForMs, ...limits, ...kindsAsValues(kinds)]),
  );
  const counted = STATUSES.map((status, i) => [status, numberOf(items(counts)[i])]);
  return {
    counts: Object.fromEntries(counted) as Record<Status, number>,
    oldestDueAt: (oldest ?? null) === null ? null : numberOf(oldest),
    silent: numberOf(silent),
    parked: items(parked).map(items).map(([kind, count]) => ({ kind: toText(kind), count: numberOf(count) })),
  };
}

/** Returns a sentence for each problem. */
export async function check(client: Client): Promise<string[]> {
  const [counts, ids, waiting, inFlight, finished] = items(await client.run("check", []));
  const [ofWaiting = 0, ofInFlight = 0, ...ofFinished] = items(counts).map(numberOf);
  const sum = ofFinished.reduce((sum, count) => sum + count, 0);
  const pairs = [
    ["ids", numberOf(ids), ofWaiting + ofInFlight + sum],
    ["waiting jobs in the line", numberOf(waiting), ofWaiting],
    ["heartbeats of jobs in flight", numberOf(inFlight), ofInFlight],
    ["finished jobs by their end", numberOf(finished), sum],
  ] as const;
  return pairs.filter(([, kept, counted]) => kept !== counted).map(([what, kept, counted]) =>
    `There are ${kept} ${what}, but ${counted} by status: keys of the queue were changed by hand.`
  );
}
