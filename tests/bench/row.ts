import type { LargeDatabase } from "./large_database.ts";

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly figure: number;
  /** `/s` improves upwards, `ms`, `MB` and `bytes` downwards; without a unit it is a fraction. */
  readonly unit: "/s" | "ms" | "MB" | "bytes" | "";
  /** What the machine did in the same run without the queue; null if nothing compares. */
  readonly limit: number | null;
  /** The target; absent if it is only measured. */
  readonly goal?: Goal;
}

/** A fraction of the limit, or a value in its own unit. */
export type Goal = { readonly ratio: number } | { readonly atLeast: number } | { readonly atMost: number };

export interface BenchOptions {
  readonly large: LargeDatabase;
  /** How many jobs are drained. */
  readonly jobs: number;
  /** How many jobs wait in the large database. */
  readonly backlog: number;
  /** How many comparisons with a limit are made; the median is reported. */
  readonly rounds: number;
}

/** How much of the limit is reached: 1 is all of it, in any unit. */
export function ratioOf({ figure, unit, limit }: Row): number | null {
  if (limit === null) return null;
  return unit === "/s" || unit === "" ? figure / limit : limit / figure;
}

/** Null if there is no target. */
export function isReached(row: Row): boolean | null {
  const { goal, figure } = row;
  if (goal === undefined) return null;
  if ("ratio" in goal) return (ratioOf(row) ?? 0) >= goal.ratio;
  return "atLeast" in goal ? figure >= goal.atLeast : figure <= goal.atMost;
}
