/**
 * The state of a running system and its recent events, as data. The workers fill them in, and the pages show them and
 * put the events into words. The two never import each other, so the types they share are here.
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
  /** Whether people may crash or hang its consumers. */
  readonly takesFaults: boolean;
  /** Sentences for the operator; empty = all is well. */
  readonly warnings: readonly string[];
  /** Newest first, some dozens. */
  readonly events: readonly RecentEvent[];
  /** Why the system does not serve, or null: the reason of a 503. */
  readonly trouble: string | null;
  readonly memoryBytes: number;
}

/** What may be done to a consumer on purpose, to see how the system recovers. */
export type Fault = "crash" | "hang";

/** Another process that works on the queue. Its texts are untrusted, and cut where they are very long. */
export interface HostView {
  /** Of the process. */
  readonly id: string;
  /** Of the host, with more where several processes run on hosts of one name: no two have the same. */
  readonly name: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: number;
  readonly seenAt: number;
  /** How long ago the process was heard of, as of the last look at it: while the storage is away nothing is known. */
  readonly silentMs: number;
  /** What it shows of itself, without recent events; null: nothing that this release understands. */
  readonly view: SystemView | null;
  /** How old that is, in milliseconds, as of the last look. */
  readonly viewAgeMs: number;
  /** What happens per second through this process, and the last minute, oldest first. */
  readonly rates: Rates;
  readonly history: readonly Rates[];
}

/** What a process shows to the other hosts, and does for them. */
export interface Shown {
  view(): SystemView;
  onOrder(order: HostOrder): void;
}

/** What another host wants of this one. `by` names the user and that host; all texts are untrusted. */
export type HostOrder =
  | { readonly type: "fault"; readonly consumerId: string; readonly fault: Fault; readonly by: string }
  /** This release does not know such an order; `text` is fit for a log. */
  | { readonly type: "unknown"; readonly text: string };

/** For the operator. */
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
  | { readonly type: "verified"; readonly problem: string; readonly others: number }
  | { readonly type: "restarted"; readonly role: "consumer" | "producer"; readonly why: string }
  | { readonly type: "provoked"; readonly how: Fault; readonly by: string }
  /** A sentence about the system itself. */
  | { readonly type: "notice"; readonly text: string };
