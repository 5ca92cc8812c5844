/**
 * The history of a job is bounded: beyond a few hundred lines, the middle ones are folded into one line that counts
 * them. The first lines show how the job began, the newest what it does now.
 */
import type { HistoryEntry } from "../job.ts";

export const MAX_LINES = 300;
export const FIRST_LINES = 10;
/** How many are kept by a fold, so that the next fold comes only a hundred lines later. */
export const NEWEST_LINES = 200;
/** This many of the newest lines keep their full error and their log, because the pages show them. */
export const TOLD_IN_FULL = 20;

/** The detail of a line that stands for `count` others. */
export function foldedInWords(count: number): string {
  return `${count} events between these are no longer kept one by one`;
}

/** The number that `foldedInWords` was given; 1 for any other line. */
export function foldedCount(
  { event, detail }: { readonly event: unknown; readonly detail: unknown },
): number {
  return event === "folded" ? Number.parseInt(String(detail)) || 0 : 1;
}

/** The middle line of a history of which only the first and the newest lines are read. */
export function folded(next: HistoryEntry, count: number): HistoryEntry {
  const none = { consumerId: null, takenAt: null, ranMs: null, report: null, log: null };
  return { ...next, ...none, event: "folded", detail: foldedInWords(count) };
}
