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
import type { Statements } from "./statements.ts";

const MAX_COUNTED = 1_000_000;

/** Oldest first; a few hundred at most, however many an earlier release or an edit by hand has left. */
export function readHistory(sql: Statements, seq: number): HistoryEntry[] {
  return readLines(sql, seq, { newestLines: sql.newestLines, firstLines: sql.firstLines });
}

/** The same, with full texts. */
export function readWholeHistory(sql: Statements, seq: number): HistoryEntry[] {
  return readLines(sql, seq, { newestLines: sql.wholeNewestLines, firstLines: sql.wholeFirstLines });
}

function readLines(
  sql: Statements,
  seq: number,
  { newestLines, firstLines }: Pick<Statements, "newestLines" | "firstLines">,
): HistoryEntry[] {
  const lines = newestLines.all(seq, MAX_LINES).map(toHistoryEntry).reverse();
  if (lines.length < MAX_LINES) return lines;
  const newest = lines.slice(-NEWEST_LINES);
  const first = firstLines.all(seq, FIRST_LINES).map(toHistoryEntry);
  const [next] = newest;
  if (next === undefined) return first;
  const count = number(sql.countLines.get(seq, MAX_COUNTED)?.n) - FIRST_LINES - NEWEST_LINES;
  return [...first, folded(next, count), ...newest];
}

/** Runs after each added line, in the same transaction. */
export function foldHistory(sql: Statements, seq: number): void {
  if (sql.lineFromEnd.get(seq, MAX_LINES - 1) === undefined) return;
  const place = sql.lineFromStart.get(seq, FIRST_LINES);
  const next = number(sql.lineFromEnd.get(seq, NEWEST_LINES - 1)?.n);
  const last = sql.lineBefore.get(seq, next);
  if (place === undefined || last === undefined) return;
  const n = number(place.n);
  // This line becomes the one that counts the others.
  const before = foldedCount({ event: place.event, detail: place.detail });
  const removed = Number(sql.removeLines.run(seq, n, next).changes);
  sql.foldLine.run(
    n,
    number(last.at),
    number(last.lease),
    number(last.retries),
    foldedInWords(before + removed),
  );
  sql.forgetTexts.run(seq, number(sql.lineFromEnd.get(seq, TOLD_IN_FULL - 1)?.n));
}
