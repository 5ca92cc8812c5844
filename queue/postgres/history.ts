/** Reads the history of a job, and keeps it short: see `../storing/history_bounds.ts`. */
import type { HistoryEntry } from "../job.ts";
import {
  FIRST_LINES,
  folded,
  foldedCount,
  foldedInWords,
  MAX_LINES,
  NEWEST_LINES,
  TOLD_IN_FULL,
} from "../storing/history_bounds.ts";
import { number, toHistoryEntry } from "../storing/rows.ts";
import type { Client, Tx } from "./client.ts";

const IS_NEW = `n >= coalesce((SELECT n FROM history WHERE seq = $1::bigint ORDER BY n DESC LIMIT 1 OFFSET ${
  TOLD_IN_FULL - 1
}), 0)`;

const LINE = `n, at, event, lease, retries, consumer_id, taken_at, ran_ms,
      left(detail, CASE WHEN ${IS_NEW} THEN 20000 ELSE 500 END) AS detail,
      CASE WHEN ${IS_NEW} THEN report END AS report, CASE WHEN ${IS_NEW} THEN log END AS log`;

const WHOLE_LINE = `n, at, event, lease, retries, consumer_id, taken_at, ran_ms, detail, report, log`;

const HISTORY = {
  // ?1 seq ?2 how many
  newest: `SELECT ${LINE} FROM history WHERE seq = $1::bigint ORDER BY n DESC LIMIT $2::bigint`,
  first: `SELECT ${LINE} FROM history WHERE seq = $1::bigint ORDER BY n LIMIT $2::bigint`,
  wholeNewest: `SELECT ${WHOLE_LINE} FROM history WHERE seq = $1::bigint ORDER BY n DESC LIMIT $2::bigint`,
  wholeFirst: `SELECT ${WHOLE_LINE} FROM history WHERE seq = $1::bigint ORDER BY n LIMIT $2::bigint`,
  count: `SELECT count(*)::int AS n FROM history WHERE seq = $1::bigint`,
  // ?1 seq ?2 how many lines to skip
  fromEnd: `SELECT n FROM history WHERE seq = $1::bigint ORDER BY n DESC LIMIT 1 OFFSET $2::bigint`,
  fromStart:
    `SELECT n, event, detail FROM history WHERE seq = $1::bigint ORDER BY n LIMIT 1 OFFSET $2::bigint`,
  // ?1 seq ?2 n
  before:
    `SELECT at, lease, retries FROM history WHERE seq = $1::bigint AND n < $2::bigint ORDER BY n DESC LIMIT 1`,
  // ?1 seq ?2 after this n ?3 before this one
  remove: `DELETE FROM history WHERE seq = $1::bigint AND n > $2::bigint AND n < $3::bigint RETURNING n`,
  // ?1 n ?2 at ?3 lease ?4 retries ?5 detail
  fold:
    `UPDATE history SET event = 'folded', at = $2::bigint, lease = $3::bigint, retries = $4::int, detail = $5::text,
      consumer_id = NULL, taken_at = NULL, ran_ms = NULL, report = NULL, log = NULL WHERE n = $1::bigint`,
  // ?1 seq ?2 before this n
  forgetTexts: `UPDATE history SET report = NULL, log = NULL
    WHERE seq = $1::bigint AND n < $2::bigint AND (report IS NOT NULL OR log IS NOT NULL)`,
  // ?1 seq: makes two writers fold one after the other
  lock: `SELECT seq FROM jobs WHERE seq = $1::bigint FOR UPDATE`,
} as const;

/** Oldest first; a few hundred lines at most, however many a manual edit has left. */
export function readHistory(tx: Tx, seq: number): Promise<HistoryEntry[]> {
  return readLines(tx, seq, { newest: HISTORY.newest, first: HISTORY.first });
}

/** The same with all texts in full. */
export function readWholeHistory(tx: Tx, seq: number): Promise<HistoryEntry[]> {
  return readLines(tx, seq, { newest: HISTORY.wholeNewest, first: HISTORY.wholeFirst });
}

async function readLines(
  tx: Tx,
  seq: number,
  statements: { readonly newest: string; readonly first: string },
): Promise<HistoryEntry[]> {
  const lines = (await tx.query(statements.newest, [seq, MAX_LINES])).map(toHistoryEntry).reverse();
  if (lines.length < MAX_LINES) return lines;
  const newest = lines.slice(-NEWEST_LINES);
  const first = (await tx.query(statements.first, [seq, FIRST_LINES])).map(toHistoryEntry);
  const [next] = newest;
  if (next === undefined) return first;
  const [counted] = await tx.query(HISTORY.count, [seq]);
  return [...first, folded(next, number(counted?.n) - FIRST_LINES - NEWEST_LINES), ...newest];
}

/** Called for jobs whose history has become long. */
export async function foldHistories(client: Client, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) await client.transaction((tx) => fold(tx, seq));
}

async function fold(tx: Tx, seq: number): Promise<void> {
  const one = async (statement: string, ...values: number[]) => (await tx.query(statement, values))[0];
  if (await one(HISTORY.lock, seq) === undefined) return;
  if (await one(HISTORY.fromEnd, seq, MAX_LINES - 1) === undefined) return;
  const place = await one(HISTORY.fromStart, seq, FIRST_LINES);
  const next = number((await one(HISTORY.fromEnd, seq, NEWEST_LINES - 1))?.n);
  const last = await one(HISTORY.before, seq, next);
  if (place === undefined || last === undefined) return;
  const n = number(place.n);
  // This line becomes the one that counts the others.
  const before = foldedCount({ event: place.event, detail: place.detail });
  const removed = (await tx.query(HISTORY.remove, [seq, n, next])).length;
  const [at, lease, retries] = [number(last.at), number(last.lease), number(last.retries)];
  await tx.query(HISTORY.fold, [n, at, lease, retries, foldedInWords(before + removed)]);
  await one(HISTORY.forgetTexts, seq, number((await one(HISTORY.fromEnd, seq, TOLD_IN_FULL - 1))?.n));
}
