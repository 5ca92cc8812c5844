/** The queue in numbers: what waits, what happens per second, and what has happened since this process began. */
import type { StoreStats } from "./store.ts";

/** Events per second, over the last ten whole seconds. */
export interface Rates {
  readonly added: number;
  readonly completed: number;
  readonly failed: number;
}

/** Totals since this process began, for one kind of job. */
export interface KindTotals {
  readonly kind: string;
  /** Jobs added or restarted. */
  readonly added: number;
  /** Jobs claimed; a job that is handed back before it begins and is claimed again counts twice. */
  readonly started: number;
  /** Attempts that ended, for any reason. */
  readonly attempts: number;
  /** Of these: by an error or a deadline, postponed by the handler, by a dead or silent consumer, by a stop. */
  readonly failedAttempts: number;
  readonly postponed: number;
  readonly crashed: number;
  readonly stalled: number;
  readonly released: number;
  /** Jobs that became COMPLETED, FAILED and UNPROCESSABLE. */
  readonly completed: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Jobs that an operator or a script moved through this process. */
  readonly canceled: number;
  readonly resubmitted: number;
  /** Late results that were dropped. */
  readonly fenced: number;
}

/** How long the handler of one kind ran, since this process began: in attempts that it ended, or its deadline. */
export interface RunTimes {
  readonly kind: string;
  readonly attempts: number;
  /** In milliseconds, as all times here. */
  readonly sumMs: number;
  /** From the shortest on: how many attempts took no longer than `upToMs`. */
  readonly buckets: readonly { readonly upToMs: number; readonly attempts: number }[];
}

export interface QueueStats extends Pick<StoreStats, "counts" | "parked"> {
  /** How long the job at the head of the line has been due, in milliseconds; 0 if none is due. */
  readonly ageMs: number;
  /** Jobs whose consumer has fallen silent. */
  readonly stalled: number;
  readonly rates: Rates;
  /** Counts per second of the last minute, oldest first. */
  readonly history: readonly Rates[];
  /** Late writes of workers that had lost their lease. They were dropped. */
  readonly fenced: number;
  readonly totals: readonly KindTotals[];
  readonly runTimes: readonly RunTimes[];
}
