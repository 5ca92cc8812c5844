/**
 * How an attempt ends: the outcome that a worker reports, the ending that `policy.ts` and `deaths.ts` decide on and a
 * store writes, and the verdict that the worker gets.
 */
import type { Lease, Status } from "./job.ts";

/** What is kept, besides the error, about an attempt that did not complete its job. */
export interface AttemptReport {
  /** How long the handler ran, in milliseconds. */
  readonly ranMs: number;
  /** The full error: its stack, causes and properties. */
  readonly detail: string | null;
  /** The latest lines that the handler logged. */
  readonly log: string | null;
}

type Reported = { readonly report?: AttemptReport };

/** How an attempt ended, as reported by the worker. Times in milliseconds. */
export type Outcome =
  | { readonly type: "returned"; readonly result: string | null }
  | Reported & { readonly type: "threw"; readonly error: string }
  | Reported & { readonly type: "gave-up"; readonly error: string }
  | Reported & { readonly type: "timed-out"; readonly error: string }
  | Reported & { readonly type: "retry-later"; readonly delayMs: number; readonly error: string }
  /** The attempt never began, or a stop ended it. */
  | { readonly type: "handed-back" }
  | Reported & { readonly type: "stopped"; readonly detail: string }
  | Reported & { readonly type: "stalled"; readonly detail: string; readonly guilty: boolean }
  | Reported & { readonly type: "crashed"; readonly detail: string; readonly guilty: boolean };

/** What became of a settled attempt. `again`: the same consumer retries after `delayMs`, whatever the clock says. */
export type Verdict =
  | { readonly type: "stored" }
  | { readonly type: "again"; readonly delayMs: number; readonly retries: number }
  | { readonly type: "lost" };

/** The end of an attempt, decided by the queue's policy; the store only writes it. */
export type Settlement = Lease & Ending;

export type Ending =
  & {
    /** Facts about the attempt, for the history. */
    readonly report?: AttemptReport;
  }
  & (
    | { readonly verb: "complete"; readonly result: string | null }
    | {
      readonly verb: "retry";
      readonly event: "retried" | "postponed";
      readonly retries: number;
      /** The wait for the next attempt. */
      readonly delayMs: number;
      /** For the history. */
      readonly detail: string;
      /** Null: the job keeps the error it has. */
      readonly error: string | null;
      /** Replaces the newest line of the history, if that line records the same event under the same lease. */
      readonly replacesLine: boolean;
    }
    | { readonly verb: "exhaust" | "fail"; readonly retries: number; readonly error: string }
    | {
      readonly verb: "release";
      /** null = the attempt never began: no line in the history. */
      readonly event: "stalled" | "crashed" | "released" | null;
      readonly detail: string | null;
      readonly charge: Charge | null;
      /** Not by the holder: of several processes that reap a job, only the first one has an effect. */
      readonly isReaped?: boolean;
    }
  );

/** What a death writes to the row of a job that is charged for it or warned. `deaths.ts` decides the values. */
export interface Charge {
  readonly status: Status;
  readonly crashes: number;
  readonly suspect: boolean;
  /** Null: the job keeps the error it has. */
  readonly error: string | null;
}
