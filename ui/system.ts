/**
 * What the pages need to know of the running system, and may ask of it. `main.ts` passes an implementation in:
 * this folder never sees the workers'.
 */
import type { RecentEvent } from "@persistent-queue/queue";

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
  /** 1, 2, 3 …: the place, which stays while lives come and go. */
  readonly slot: number;
  readonly state: ConsumerState;
  /** The job it works on now, or null. */
  readonly jobId: string | null;
  /** For how long, in milliseconds; 0 without a job. */
  readonly jobMs: number;
  /** Jobs it holds that wait for their next attempt. */
  readonly waiting: number;
  /** Since it was last heard of, in milliseconds; null before it was ever heard of. */
  readonly heartbeatAgeMs: number | null;
  /** Attempts it finished, and those of them that failed. */
  readonly done: number;
  readonly failed: number;
  /** How often this place had to be filled anew. */
  readonly restarts: number;
}

export interface SystemView {
  readonly startedAt: number;
  /** Before it has looked after what a process that died left behind. */
  readonly starting: boolean;
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  /** Threads that could not be ended. */
  readonly wedged: number;
  readonly sweep: { readonly lastAt: number | null; readonly lastRequeued: number };
  readonly producing: boolean;
  /** Sentences for people; empty = all is well. */
  readonly warnings: readonly string[];
  /** Newest first, some dozens. */
  readonly events: readonly RecentEvent[];
  /** Why it does not serve, or null: the reason of a 503. */
  readonly trouble: string | null;
  readonly memoryBytes: number;
}

export interface System {
  view(): SystemView;
  /** Looks for stalled jobs now. Answers how many went back to the queue. @throws {StorageError} */
  sweep(): Promise<number>;
  /**
   * Makes the thread of this consumer die, or spin for ever: to see what the system does. `by` names who asked. False = no
   * such consumer.
   */
  injectFault(consumerId: string, how: "crash" | "hang", by: string): boolean;
}
