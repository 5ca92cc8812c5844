/** The methods of the queue that each part of the system may call, so that misuse is a type error. */
import type { MissingCapabilities, SharedByHosts } from "./capabilities.ts";
import type { Durability } from "./durability.ts";
import type { Listener, Reaped } from "./events.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb, Status } from "./job.ts";
import type { QueueStats } from "./queue_stats.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, Due, GetOptions, JobPage } from "./store.ts";
import type { Fault, HostView, Shown } from "./system_view.ts";

/** A job as a caller passes it; every field is checked. */
export interface JobRequest {
  readonly id?: string;
  /** `file` unless given. */
  readonly kind?: string;
  /** Any value that JSON can hold; `null` unless given. */
  readonly payload?: unknown;
  /** −100 to 100, 0 unless given; higher runs first. */
  readonly priority?: number;
  /** Milliseconds since 1970; now unless given. */
  readonly runAt?: number;
  /** Restarts a finished job with this id instead of refusing. */
  readonly replace?: boolean;
}

export interface Added {
  /**
   * `added`: the job is new. `replaced`: a finished job with this id was restarted. `waiting`: a PENDING or PROCESSING
   * job has this id already, and is untouched.
   */
  readonly outcome: "added" | "replaced" | "waiting";
  /** As in lists, values may be left out of a job that was queued already. */
  readonly job: Job;
  /** The waiting job has another payload or kind: the job of this call is not in the queue. */
  readonly differs: boolean;
}

export interface Enqueuer {
  /**
   * Checks all jobs before it stores any. Resolves when they are durable. If a finished job has one of the ids already,
   * the others are still stored before the call is refused: adding them again does no harm. `by` names the user, for
   * the history of a job that is restarted.
   * @throws {QueueError} `invalid_job`, `unknown_kind`, `duplicate_job`; {StorageError}
   */
  add(requests: readonly JobRequest[], by?: string): Promise<Added[]>;
}

/** Facts, besides the error, that are kept about an attempt that did not complete its job. */
export interface AttemptReport {
  /** How long the handler ran, in milliseconds. */
  readonly ranMs: number;
  /** The error in full: its stack, its causes, its properties. */
  readonly detail: string | null;
  /** The newest lines that the handler logged. */
  readonly log: string | null;
}

type Reported = { readonly report?: AttemptReport };

/** How an attempt ended, as the worker reports it. Times in milliseconds. */
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

/** The result of a settled attempt. `again`: the same consumer tries again after `delayMs`, whatever the clock says. */
export type Verdict =
  | { readonly type: "stored" }
  | { readonly type: "again"; readonly delayMs: number; readonly retries: number }
  | { readonly type: "lost" };

/** The role of the dispatcher. */
export interface Consumer {
  /** The clock that all processes on the queue share, in milliseconds since 1970. */
  now(): number;
  claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer>;
  /** Heartbeat: `false` for each lease that is lost. */
  renew(leases: readonly Lease[]): Promise<boolean[]>;
  settle(attempts: readonly { readonly job: Claimed; readonly outcome: Outcome }[]): Promise<Verdict[]>;
}

/** The role of the sweeper. */
export interface Maintainer {
  /**
   * Requeues jobs whose heartbeat is older than `stallMs`, except those known to be held. Returns how many, including
   * those that the caller has `freed` already because their consumer fell silent.
   */
  sweep(known: { readonly held: readonly Lease[]; readonly freed: number }): Promise<number>;
  /** Runs at the start: joins the processes on the queue, and requeues what dead ones hold, as `sweep` does later. */
  recover(): Promise<Reaped[]>;
  /** Removes jobs that have been finished for longer than the retention, for some seconds at most. */
  prune(): Promise<number>;
  /** After a death: checks every job beside the normal work, and reports violations. @throws {StorageError} */
  verify(signal: AbortSignal): Promise<void>;
  /** Emits `changed-outside` after another program has written, until the result is disposed. */
  watch(): Disposable;
  /**
   * Finds out whether the storage works, and frees the jobs of dead processes but those that are `held` here.
   * @throws {StorageError} if not; a lasting one, once it is lost
   */
  probe(how?: { readonly held?: readonly Lease[] }): Promise<void>;
}

/** The role of the supervisor. */
export interface Presenter {
  /**
   * Shows this system to the other hosts, and passes on what they order, until the result is disposed. Does nothing on a
   * backend for one host.
   */
  present(shown: Shown): Disposable;
}

/** The role of what is no job, and is the same on all hosts: who is logged in. */
export interface Sharer {
  /** Null on a backend for one host. */
  readonly shared: SharedByHosts | null;
}

export interface JobFilter {
  readonly status?: Status;
  /** Any of these statuses; if `status` is given as well, only that one. */
  readonly statuses?: readonly Status[];
  readonly kind?: string;
  /** A part of the id. */
  readonly search?: string;
  /** Only jobs that are stalled. */
  readonly stalled?: boolean;
  /** Only PENDING jobs whose time to run has come, or is still ahead. */
  readonly due?: Due;
  /** Only jobs that have changed since then, in milliseconds since 1970. */
  readonly changedSince?: number;
}

export interface ListRequest extends JobFilter {
  /**
   * `line`: PENDING jobs in the order in which they will run, with no other filter than `due`. Only the beginning of a
   * very long line is listed. `newest` unless given.
   */
  readonly order?: "newest" | "line";
  /** `next` of the previous page. */
  readonly cursor?: string;
  /** 1–200; 50 unless given. */
  readonly limit?: number;
  /** False: long payloads and results are left out, for callers that do not show them. */
  readonly values?: boolean;
}

export type JobList = JobPage;

/** The read-only role. */
export interface Inspector {
  /** @throws {QueueError} `unknown_job` */
  get(id: string): Promise<{ job: Job; history: HistoryEntry[] }>;
  /** At most 200 jobs by their `seq`, in that order, without those that are gone. @throws {QueueError} `invalid_query` */
  getMany(seqs: readonly number[], options?: GetOptions): Promise<Job[]>;
  /** Newest first; a job whose id is exactly the search text comes first. @throws {QueueError} `invalid_query` */
  list(request: ListRequest): Promise<JobList>;
  stats(): Promise<QueueStats>;
  /** Grows with every change by this or another program: equal numbers mean that there is nothing new to show. */
  readonly revision: number;
  /** Why the storage does not work at the moment, or null. */
  readonly trouble: string | null;
  readonly publicTrouble: string | null; // the same without the name of any file, for probes without a login
  /** Warnings for the operator while the storage works, as of the last sweep. */
  readonly warnings: readonly string[];
  /** What an acknowledged job outlives, as of the last statistics; `unknown` before the first. */
  readonly durability: Durability;
  /** The other processes that work on the queue, as of half a second ago; empty on a backend for one host. */
  readonly hosts: readonly HostView[];
  readonly isShared: boolean; // by several hosts, as far as the backend goes: it may be that there is only one
  readonly hostName: string; // of this process, among those
  readonly stallMs: number;
  readonly kinds: readonly string[]; // that a host has a handler for, as of half a second ago
  /** The same as of this moment; a command beside the system knows those of other hosts only so. @throws {StorageError} */
  kindsByNow(): Promise<readonly string[]>;
  subscribe(listener: Listener): () => void;
}

/** The result of an operator's move for one id. */
export type MoveResult =
  | { readonly id: string; readonly ok: true; readonly job: Job }
  | {
    readonly id: string;
    readonly ok: false;
    readonly code: "unknown_job" | "illegal_move";
    readonly message: string;
  };

export interface MoveOptions {
  /** Ends the move early: jobs moved by then stay moved, and no more events follow. */
  readonly signal?: AbortSignal;
}

export interface MoveAllOptions extends MoveOptions {
  /** The user that asked, for the log and the history. */
  readonly by: string;
  /** Called after each turn with the number of jobs moved so far. */
  readonly onProgress?: (moved: number) => void;
}

/** The role of a user who has logged in. */
export interface Operator extends Enqueuer {
  /** `by` names the user, for the log and the history. Many ids are moved in several turns. */
  move(verb: OperatorVerb, ids: readonly string[], by: string, options?: MoveOptions): Promise<MoveResult[]>;
  /** Moves all jobs that match and may be moved, some hundreds a turn. Returns how many were moved. */
  moveAll(verb: OperatorVerb, filter: JobFilter, how: MoveAllOptions): Promise<number>;
  /**
   * Orders a consumer of another host to crash or hang, which that host may refuse. `by` names the user. False: no other
   * host has such a consumer. @throws {StorageError}
   */
  orderFault(consumerId: string, fault: Fault, by: string): Promise<boolean>;
}

/** The role of the code that opened the queue. */
export interface Admin {
  /**
   * Marks the start of a request. Returns the function to call at its end. If the process dies in between, the request
   * may be the cause, so running jobs are not charged for the death, three times in a row at most.
   */
  beginRequest(): () => void;
  /** What the backend cannot do: `check` leaves it out, `backup` is refused. */
  readonly missing: MissingCapabilities;
  /** Returns a sentence for each problem of the storage; empty = sound. `deep` takes longer. */
  check(options: { deep: boolean }): Promise<string[]>;
  /** @throws {QueueError} `unsupported` */
  backup(path: string, how?: { readonly replace?: boolean }): Promise<void>;
  close(): Promise<void>;
}
