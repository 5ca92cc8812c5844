/** Jobs that wait, in the order in which they will run. */
import type { JobPage, JobQuery } from "../store.ts";
import { Ladder } from "./claim.ts";
import { number, toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Where more wait than can be sorted in a moment, the line is told up to here. */
const MOST_PLACES = 1_000;

interface Place {
  readonly seq: number;
  readonly priority: number;
  readonly runAt: number;
}

interface LineRequest {
  readonly now: number;
  /** So many places are wanted. */
  readonly places: number;
}

/** `isFew`: all of them can be sorted in a moment. */
export function listLine(
  sql: Statements,
  { line, limit }: Required<Pick<JobQuery, "line" | "limit">>,
  isFew: boolean,
): JobPage {
  const end = Math.min(line.from + limit, isFew ? Infinity : MOST_PLACES);
  // One more than asked for: it tells whether there is another page.
  const places = placesOf(sql, { now: line.now, places: end + 1 });
  const rows = places.slice(line.from, end).map(({ seq }) => sql.bySeq.get(seq));
  const isLast = places.length <= end || (!isFew && end === MOST_PLACES);
  return { jobs: rows.filter((row) => row !== undefined).map(toJob), next: isLast ? null : end };
}

/** What is due goes by priority, then by time; what is planned goes by time; what has no handler waits behind them. */
function placesOf(sql: Statements, { now, places }: LineRequest): Place[] {
  const suspects = sql.suspectPlaces.all(places).map(toPlace);
  const due = suspects.filter(({ runAt }) => runAt <= now);
  const planned = suspects.filter(({ runAt }) => runAt > now);
  const levels = [...new Ladder(sql).levels()];
  for (const level of levels) {
    if (due.length >= places) break;
    due.push(...sql.duePlaces.all(level, now, places).map(toPlace));
  }
  due.sort((a, b) => b.priority - a.priority || byTime(a, b));
  if (due.length >= places) return due;
  const missing = places - due.length;
  for (const level of levels) planned.push(...sql.plannedPlaces.all(level, now, missing).map(toPlace));
  planned.sort((a, b) => a.runAt - b.runAt || b.priority - a.priority || a.seq - b.seq);
  const parked = sql.parkedPlaces.all(Math.max(0, missing - planned.length)).map(toPlace);
  return [...due, ...planned, ...parked];
}

function byTime(a: Place, b: Place): number {
  return a.runAt - b.runAt || a.seq - b.seq;
}

function toPlace({ seq, priority, run_at }: Record<string, unknown>): Place {
  return { seq: number(seq), priority: number(priority), runAt: number(run_at) };
}
