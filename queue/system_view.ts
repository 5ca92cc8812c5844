/**
 * The state of a running system, as data. The workers fill it in, and the pages show it. The two never import each
 * other, so the types they share are here.
 */
import type { RecentEvent } from "./recent_event.ts";

export type ConsumerState =
  | "starting"
  | "idle"
  | "working"
  | "waiting"
  | "silent"
  | "restarting";

export interface ConsumerView {
  /** The uuid of this life; a replacement gets a new one. */
  readonly id: string;
  /** 1, 2, 3 …: the slot, which stays while lives come and go. */
  readonly slot: number;
  readonly state: ConsumerState;
  /** The job it is running, or null. */
  readonly jobId: string | null;
  /** For how long, in milliseconds; 0 without a job. */
  readonly jobMs: number;
  /** Jobs it holds that wait for their next attempt. */
  readonly waiting: number;
  /** Of its latest heartbeat, in milliseconds; null before the first. */
  readonly heartbeatAgeMs: number | null;
  /** Finished attempts, and those of them that failed. */
  readonly done: number;
  readonly failed: number;
  /** How often this slot got a new thread. */
  readonly restarts: number;
}

export interface SystemView {
  readonly startedAt: number;
  /** Until the jobs of a process that died are recovered. */
  readonly starting: boolean;
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  /** Threads that could not be ended. */
  readonly wedged: number;
  readonly sweep: { readonly lastAt: number | null; readonly lastRequeued: number };
  readonly producing: boolean;
  /** Sentences for the operator; empty = all is well. */
  readonly warnings: readonly string[];
  /** Newest first, some dozens. */
  readonly events: readonly RecentEvent[];
  /** Why the system does not serve, or null: the reason of a 503. */
  readonly trouble: string | null;
  readonly memoryBytes: number;
}
