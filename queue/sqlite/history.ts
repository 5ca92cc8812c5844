/**
 * The history of a job is bounded: past some hundreds of lines, those in the middle are folded into one line that
 * counts them. The first lines show how the job began, the newest what it does now.
 */
import type { HistoryEntry } from "../job.ts";
import { number, toHistoryEntry } from "./rows.ts";
import type { Statements } from "./statements.ts";

const MOST = 300;
const FIRST = 10;
/** Kept when the others are folded, so the next fold comes only a hundred lines later. */
const NEWEST = 200;
/** The newest lines keep their full error and their log, because the pages show them. */
const TOLD_IN_FULL = 20;
const MOST_COUNTED = 1_000_000;

/** Oldest first; some hundreds at most, however many an earlier release or a manual edit has left. */
export function readHistory(sql: Statements, seq: number): HistoryEntry[] {
  const lines = sql.newestLines.all(seq, MOST).map(toHistoryEntry).reverse();
  if (lines.length < MOST) return lines;
  const newest = lines.slice(-NEWEST);
  const first = sql.firstLines.all(seq, FIRST).map(toHistoryEntry);
  const [next] = newest;
  if (next === undefined) return first;
  const count = number(sql.countLines.get(seq, MOST_COUNTED)?.n) - FIRST - NEWEST;
  const none = { consumerId: null, takenAt: null, ranMs: null, report: null, log: null };
  return [...first, { ...next, ...none, event: "folded", detail: foldedInWords(count) }, ...newest];
}

/** Runs after each added line, in the same transaction. */
export function foldHistory(sql: Statements, seq: number): void {
  if (sql.lineFromEnd.get(seq, MOST - 1) === undefined) return;
  const place = sql.lineFromStart.get(seq, FIRST);
  const next = number(sql.lineFromEnd.get(seq, NEWEST - 1)?.n);
  const last = sql.lineBefore.get(seq, next);
  if (place === undefined || last === undefined) return;
  const n = number(place.n);
  // This line becomes the one that counts the others.
  const before = place.event === "folded" ? Number.parseInt(String(place.detail)) || 0 : 1;
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

function foldedInWords(count: number): string {
  return `${count} events between these are no longer kept one by one`;
}
