/** One line of the table. */
export interface Row {
  readonly measure: string;
  readonly figure: number;
  /** `/s` is better when it grows, `ms` when it shrinks. */
  readonly unit: "/s" | "ms" | "MB" | "";
  /** What the machine gave in the same run without the queue in between; null where nothing compares. */
  readonly limit: number | null;
}

export interface BenchOptions {
  /** How many jobs are drained. */
  readonly jobs: number;
}

/** How much of the limit is reached: 1 is all of it, whatever the unit. */
export function ratioOf({ figure, unit, limit }: Row): number | null {
  if (limit === null) return null;
  return unit === "/s" ? figure / limit : limit / figure;
}
