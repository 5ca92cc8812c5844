import type { LargeDatabase } from "./large_database.ts";

/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly figure: number;
  /** `/s` is better when it grows, `ms` and `MB` when they shrink; without a unit it is a part of something. */
  readonly unit: "/s" | "ms" | "MB" | "";
  /** What the machine gave in the same run without the queue in between; null where nothing compares. */
  readonly limit: number | null;
  /** What it is to reach; nothing where it is only measured. */
  readonly goal?: Goal;
}

/** A part of the limit, or a value of its own unit. */
export type Goal = { readonly ratio: number } | { readonly atLeast: number } | { readonly atMost: number };

export interface BenchOptions {
  readonly large: LargeDatabase;
  /** How many jobs are drained. */
  readonly jobs: number;
  /** How many jobs wait in the large database. */
  readonly backlog: number;
  /** How many comparisons with a limit are made; the one in the middle is told. */
  readonly rounds: number;
}

/** How much of the limit is reached: 1 is all of it, whatever the unit. */
export function ratioOf({ figure, unit, limit }: Row): number | null {
  if (limit === null) return null;
  return unit === "ms" || unit === "MB" ? limit / figure : figure / limit;
}

/** Null: there is nothing to reach. */
export function isReached(row: Row): boolean | null {
  const { goal, figure } = row;
  if (goal === undefined) return null;
  if ("ratio" in goal) return (ratioOf(row) ?? 0) >= goal.ratio;
  return "atLeast" in goal ? figure >= goal.atLeast : figure <= goal.atMost;
}
