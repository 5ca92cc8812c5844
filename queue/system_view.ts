/**
 * The state of a running system and its recent events, as data. The workers fill it in; the pages show it and put the
 * events into words. Workers and pages never import each other, so the types that they share are here.
 */
import type { QueueEvent } from "./events.ts";
import type { OperatorVerb, Status } from "./job.ts";
import type { Rates } from "./queue_stats.ts";

export type ConsumerState =
  | "starting"
  | "idle"
  | "working"
  | "waiting"
  | "silent"
  | "restarting";

export interface ConsumerView {
  /** The UUID of this thread; its replacement gets a new one. */
  readonly id: string;
  /** The number of the slot: 1, 2, 3 …. It stays the same when a thread is replaced. */
  readonly slot: number;
  readonly state: ConsumerState;
  /** The job that it runs, or null. */
  readonly jobId: string | null;
  /** How long it has run that job, in milliseconds; 0 without a job. */
  readonly jobMs: number;
  /** How many of its jobs wait for their next attempt. */
  readonly waiting: number;
  /** The age of its latest heartbeat, in milliseconds; null before the first. */
  readonly heartbeatAgeMs: number | null;
  /** Finished attempts, and how many of them failed. */
  readonly done: number;
  readonly failed: number;
  /** How often this slot got a new thread. */
  readonly restarts: number;
}

export interface SystemView {
  readonly startedAt: number;
  /** True until a consumer takes jobs for the first time. */
  readonly starting: boolean;
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  /** Threads that could not be ended. */
  readonly wedged: number;
  readonly sweep: { readonly lastAt: number | null; readonly lastRequeued: number };
  readonly producing: boolean;
  /** Whether people may crash or hang its consumers. */
  readonly takesFaults: boolean;
  /** Sentences for the operator; empty = all is well. */
  readonly warnings: readonly string[];
  /** Newest first, some dozens. */
  readonly events: readonly RecentEvent[];
  /** Why the system does not serve: the reason of a 503. Null while it does. */
  readonly trouble: string | null;
  readonly memoryBytes: number;
}

/** What a person may do to a consumer on purpose, to see how the system recovers. */
export type Fault = "crash" | "hang";

/** Another process on the queue. Its texts are untrusted, and cut if they are very long. */
export interface HostView {
  /** The id of the process. */
  readonly id: string;
  /** The name of the host, extended if several hosts or processes share it: no two entries have the same name. */
  readonly name: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly seenAt: number;
  /** How long the process had been silent at the last look. While the storage is away, nothing newer is known. */
  readonly silentMs: number;
  /** What it shows of itself, without recent events; null: nothing that this release understands. */
  readonly view: SystemView | null;
  /** The age of `view`, in milliseconds. */
  readonly viewAgeMs: number;
  /** Events per second through this process, and the last minute of them, oldest first. */
  readonly rates: Rates;
  readonly history: readonly Rates[];
}

/** What a process shows to the other hosts, and how it takes their orders. */
export interface Shown {
  view(): SystemView;
  onOrder(order: HostOrder): void;
}

/** An order from another host. `by` names the user and that host; all texts are untrusted. */
export type HostOrder =
  | { readonly type: "fault"; readonly consumerId: string; readonly fault: Fault; readonly by: string }
  /** An order that this release does not know; `text` is safe to log. */
  | { readonly type: "unknown"; readonly text: string };

/** One event, for the operator. */
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
  | Extract<QueueEvent, { type: "moved-many" | "parked" | "host-lost" | "storage" }>
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
  /** The job was released because its consumer fell silent or died. */
  | { readonly type: "released"; readonly detail: string }
  /** The sweep, or the recovery at startup, took the job from a consumer that no longer exists. */
  | { readonly type: "reaped"; readonly status: Status }
  | { readonly type: "reaped-many"; readonly count: number }
  /** A process died, and this is why no job is charged for its death. */
  | { readonly type: "excused"; readonly why: string }
  | { readonly type: "fenced" }
  | { readonly type: "moved"; readonly verb: OperatorVerb; readonly by: string }
  /** The check of every job after an unclean stop found this problem, and as many `others`. */
  | { readonly type: "verified"; readonly problem: string; readonly others: number }
  | { readonly type: "restarted"; readonly role: "consumer" | "producer"; readonly why: string }
  | { readonly type: "provoked"; readonly how: Fault; readonly by: string }
  /** A sentence about the system itself. */
  | { readonly type: "notice"; readonly text: string };
