/**
 * What happened lately and is worth a person's look, as data. The workers fill it in where it happens, and the pages put
 * it into words. The two never see each other, so what both know of it stands here.
 */
import type { OperatorVerb, Status } from "./job.ts";

export interface RecentEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  /** The job that it happened to, or null. */
  readonly jobId: string | null;
  /** The consumer (or the producer) that it happened to, or null. */
  readonly consumerId: string | null;
  readonly what: Happening;
}

/** Texts in it are untrusted, and may be cut short. */
export type Happening =
  /** Attempt number `attempt` failed; `of` retries there are in all, and the next one comes after `delayMs`. */
  | {
    readonly type: "retrying";
    readonly attempt: number;
    readonly of: number;
    readonly delayMs: number;
    readonly error: string;
  }
  | { readonly type: "exhausted"; readonly cause: "retries" | "crashes"; readonly error: string }
  | { readonly type: "failed"; readonly error: string }
  /** Back to the queue, because its consumer fell silent or died. */
  | { readonly type: "released"; readonly detail: string }
  /** The sweep, or the recovery at the start, took it from a consumer that is no more. */
  | { readonly type: "reaped"; readonly status: Status }
  | { readonly type: "reaped-many"; readonly count: number }
  /** A process died, and this is why no job is charged for it. */
  | { readonly type: "excused"; readonly why: string }
  | { readonly type: "fenced" }
  | { readonly type: "moved"; readonly verb: OperatorVerb; readonly by: string }
  | {
    readonly type: "moved-many";
    readonly verb: OperatorVerb;
    readonly count: number;
    readonly by: string;
    readonly ended: "done" | "stopped" | "failed";
  }
  | { readonly type: "parked"; readonly kind: string }
  /** The check of every job after an unclean stop found this, and so many others. */
  | { readonly type: "looked-over"; readonly problem: string; readonly others: number }
  /** Null: the storage works again. */
  | { readonly type: "storage"; readonly trouble: string | null }
  | { readonly type: "restarted"; readonly role: "consumer" | "producer"; readonly why: string }
  | { readonly type: "provoked"; readonly how: "crash" | "hang"; readonly by: string }
  /** Of the system itself, as a sentence. */
  | { readonly type: "notice"; readonly text: string };
