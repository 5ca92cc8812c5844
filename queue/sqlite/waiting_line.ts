/** Waiting jobs, in the order in which they will run. */
import type { Due, JobPage, JobQuery } from "../store.ts";
import { PriorityLevels } from "./claim.ts";
import { fromCursor, toCursor } from "../storing/cursor.ts";
import { number, toJob } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

/** If more jobs wait than can be sorted quickly, only this many places are listed. */
const MAX_PLACES = 1_000;

interface Place {
  readonly seq: number;
  readonly priority: number;
  readonly runAt: number;
}

interface PlacesRequest {
  readonly now: number;
  /** The number of places wanted. */
  readonly places: number;
  /** Only jobs that are due, or only jobs that are not. */
  readonly due: Due | undefined;
}

interface LineQuery extends Pick<JobQuery, "limit" | "due" | "cursor"> {
  readonly now: number;
  /** All waiting jobs can be sorted quickly. */
  readonly isFew: boolean;
}

export function listLine(sql: Statements, { now, limit, due, cursor, isFew }: LineQuery): JobPage {
  const from = cursor === undefined ? 0 : fromCursor(cursor);
  const end = Math.min(from + limit, isFew ? Infinity : MAX_PLACES);
  // One more place than requested shows whether there is another page.
  const places = placesOf(sql, { now, places: end + 1, due });
  const rows = places.slice(from, end).map(({ seq }) => sql.bySeq.get(seq));
  const isLast = places.length <= end || (!isFew && end === MAX_PLACES);
  return { jobs: rows.filter((row) => row !== undefined).map(toJob), next: isLast ? null : toCursor(end) };
}

/** Due jobs are ordered by priority, then by time; delayed jobs by time; jobs without a handler come last. */
function placesOf(sql: Statements, request: PlacesRequest): Place[] {
  if (request.due === "later") return plannedPlacesOf(sql, request);
  const duePlaces = duePlacesOf(sql, request);
  const missing = request.places - duePlaces.length;
  if (missing <= 0) return duePlaces;
  const planned = request.due === "now" ? [] : plannedPlacesOf(sql, { ...request, places: missing });
  const parked = sql.parkedPlaces.all(Math.max(0, missing - planned.length)).map(toPlace);
  return [...duePlaces, ...planned, ...parked];
}

function duePlacesOf(sql: Statements, { now, places }: PlacesRequest): Place[] {
  const due = sql.suspectPlaces.all(MAX_PLACES).map(toPlace).filter(({ runAt }) => runAt <= now);
  for (const level of new PriorityLevels(sql).levels()) {
    if (due.length >= places) break;
    due.push(...sql.duePlaces.all(level, now, places).map(toPlace));
  }
  return due.sort((a, b) => b.priority - a.priority || byTime(a, b));
}

function plannedPlacesOf(sql: Statements, { now, places }: PlacesRequest): Place[] {
  const planned = sql.suspectPlaces.all(MAX_PLACES).map(toPlace).filter(({ runAt }) => runAt > now);
  for (const level of new PriorityLevels(sql).levels()) {
    planned.push(...sql.plannedPlaces.all(level, now, places).map(toPlace));
  }
  return planned.sort((a, b) => a.runAt - b.runAt || b.priority - a.priority || a.seq - b.seq);
}

function byTime(a: Place, b: Place): number {
  return a.runAt - b.runAt || a.seq - b.seq;
}

function toPlace({ seq, priority, run_at }: Record<string, unknown>): Place {
  return { seq: number(seq), priority: number(priority), runAt: number(run_at) };
}
