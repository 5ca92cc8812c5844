/** A list of jobs in SQL, newest first: each status is read by a statement of its own, and the parts are merged. */
import type { Job, Status } from "../job.ts";
import type { JobQuery } from "../store.ts";

export interface PartQuery extends Omit<JobQuery, "statuses" | "cursor"> {
  /** Undefined: any. */
  readonly status: Status | undefined;
  /** The part begins before this `seq`. */
  readonly before: number;
  /** Milliseconds since 1970, by the store's clock. */
  readonly now: number;
  /** Few jobs are PENDING. */
  readonly isFew: boolean;
}

export interface ListPart {
  readonly jobs: Job[];
  /** All matching jobs down to this `seq` are in the part; 0 at the end. */
  readonly next: number;
}

/** The values of a statement's filters: kind, part of the id, changed since, due until, due after; null matches all. */
export type FilterValues = readonly [
  kind: string | null,
  search: string | null,
  changedSince: number | null,
  dueUntil: number | null,
  dueAfter: number | null,
];

export function filterValuesOf({ kind, search, changedSince, due, now }: PartQuery): FilterValues {
  return [
    ...[kind ?? null, search ?? null, changedSince ?? null] as const,
    ...[due === "now" ? now : null, due === "later" ? now : null] as const,
  ];
}

/**
 * `found`: the jobs of a statement that read down to the `seq` of `floor`, with one job more than the limit if there are
 * so many.
 */
export function partOf(
  found: readonly Job[],
  { limit, floor }: { readonly limit: number; readonly floor: number },
): ListPart {
  if (found.length <= limit) return { jobs: [...found], next: floor };
  const jobs = found.slice(0, limit);
  return { jobs, next: jobs.at(-1)?.seq ?? 0 };
}

export function merged(parts: readonly ListPart[], limit: number): ListPart {
  // Below this, jobs that one part has not reached yet may belong between the jobs of another.
  const floor = Math.max(0, ...parts.map(({ next }) => next));
  const found = parts.flatMap(({ jobs }) => jobs).filter(({ seq }) => seq >= floor);
  const jobs = parts.length === 1 ? found : found.sort((a, b) => b.seq - a.seq).slice(0, limit);
  return { jobs, next: jobs.length < found.length ? jobs.at(-1)?.seq ?? floor : floor };
}
