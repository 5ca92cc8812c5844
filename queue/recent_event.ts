/**
 * Recent events for the operator, as data. The workers record them, and the pages put them into words. The two never
 * import each other, so the type they share is here.
 */
import type { QueueEvent } from "./events.ts";
import type { OperatorVerb, Status } from "./job.ts";

export interface RecentEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  /** The job concerned, or null. */
  readonly jobId: string | null;
  /** The consumer (or the producer) concerned, or null. */
  readonly consumerId: string | null;
  readonly what: Happening;
}

/** Its texts are untrusted, and may be cut short. */
export type Happening =
  | Extract<QueueEvent, { type: "moved-many" | "parked" | "storage" }>
  /** Attempt number `attempt` failed; there are `of` retries in all, and the next starts after `delayMs`. */
  | {
    readonly type: "retrying";
    readonly attempt: number;
    readonly of: number;
    readonly delayMs: number;
    readonly error: string;
  }
  | { readonly type: "exhausted"; readonly cause: "retries" | "crashes"; readonly error: string }
  | { readonly type: "failed"; readonly error: string }
  /** The job was released, because its consumer fell silent or died. */
  | { readonly type: "released"; readonly detail: string }
  /** The sweep, or the recovery at the start, took the job from a consumer that no longer exists. */
  | { readonly type: "reaped"; readonly status: Status }
  | { readonly type: "reaped-many"; readonly count: number }
  /** A process died, and this is why no job is charged for the death. */
  | { readonly type: "excused"; readonly why: string }
  | { readonly type: "fenced" }
  | { readonly type: "moved"; readonly verb: OperatorVerb; readonly by: string }
  /** The check of every job after an unclean stop found this problem and the given number of others. */
  | { readonly type: "looked-over"; readonly problem: string; readonly others: number }
  | { readonly type: "restarted"; readonly role: "consumer" | "producer"; readonly why: string }
  | { readonly type: "provoked"; readonly how: "crash" | "hang"; readonly by: string }
  /** A sentence about the system itself. */
  | { readonly type: "notice"; readonly text: string };
