/**
 * The history of a job, which never grows without limit: past some hundreds of lines those in the middle are folded into
 * one that counts them. The first ones tell how it began, the newest what it is about now.
 */
import type { HistoryEntry } from "../job.ts";
import { number, toHistoryEntry } from "./rows.ts";
import type { Statements } from "./statements.ts";

const MOST = 300;
const FIRST = 10;
/** Kept when the others are folded: the next time is a hundred lines away. */
const NEWEST = 200;
/** Of those whose error in full, and whose log, anybody is shown. */
const TOLD_IN_FULL = 20;
const MOST_COUNTED = 1_000_000;

/** Oldest first, some hundreds at most, however many an earlier release or an edit by hand has left. */
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

/** After each line that was added, in its transaction. */
export function foldHistory(sql: Statements, seq: number): void {
  if (sql.lineFromEnd.get(seq, MOST - 1) === undefined) return;
  const place = sql.lineFromStart.get(seq, FIRST);
  const next = number(sql.lineFromEnd.get(seq, NEWEST - 1)?.n);
  const last = sql.lineBefore.get(seq, next);
  if (place === undefined || last === undefined) return;
  const n = number(place.n);
  // Its own line becomes the one that counts the others.
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
