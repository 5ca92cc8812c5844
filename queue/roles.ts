/** The methods of the queue that each part of the system may call: misuse is a type error. */
import type { MissingCapabilities, SharedByHosts } from "./capabilities.ts";
import type { Durability } from "./durability.ts";
import type { Outcome, Verdict } from "./ending.ts";
import type { Listener, Reaped } from "./events.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb, Status } from "./job.ts";
import type { QueueStats } from "./queue_stats.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, Due, GetOptions, JobPage } from "./store.ts";
import type { Fault, HostView, Shown } from "./system_view.ts";

/** A job as a caller passes it. Every field is checked. */
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
  /** As in lists, values may be left out of a job that was already queued. */
  readonly job: Job;
  /** The waiting job has another payload or kind, so the job of this call is not in the queue. */
  readonly differs: boolean;
}

export interface Enqueuer {
  /**
   * Checks all jobs before it stores any. Resolves when they are durable. If a finished job already has one of the ids,
   * the call is refused, but only after the other jobs are stored: adding them again does no harm. `by` names the user,
   * for the history of a job that is restarted.
   * @throws {QueueError} `invalid_job`, `unknown_kind`, {DuplicateJobs}; {StorageError}
   */
  add(requests: readonly JobRequest[], by?: string): Promise<Added[]>;
}

/** An attempt, and how it ended. */
export interface Attempted {
  readonly job: Claimed;
  readonly outcome: Outcome;
  /** How long the handler ran, in milliseconds; left out if it was not called, or did not come to an end. */
  readonly ranMs?: number;
}

/** The role of the dispatcher. */
export interface Consumer {
  /** The most jobs that one consumer may have in flight. */
  readonly maxPrefetch: number;
  /** The clock that all processes on the queue share, in milliseconds since 1970. */
  now(): number;
  /** On a server a job that is due and cannot be claimed makes the time of the next claim a later one, each time. */
  claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer>;
  /** No job is claimed before this is settled. */
  claimAfter(ready: Promise<unknown>): void;
  /** From now on no jobs of these kinds are claimed here: they wait, as those of a kind without a handler do. */
  claimExcept(kinds: ReadonlySet<string>): void;
  /** Heartbeat. Returns, in their order, `false` for each lease that was lost. @throws {StorageError} */
  renew(leases: readonly Lease[]): Promise<boolean[]>;
  /**
   * Writes how these attempts ended. Returns a verdict for each, in their order.
   * @throws {StorageError}; {RejectedWrite} if a rule of the store is violated; nothing is written then
   */
  settle(attempts: readonly Attempted[]): Promise<Verdict[]>;
}

/** The role of the sweeper. */
export interface Maintainer {
  /**
   * Requeues jobs whose heartbeat is older than `stallMs`, except those in `held`. Returns how many, including those
   * that the caller has already `freed` because their consumer fell silent.
   */
  sweep(known: { readonly held: readonly Lease[]; readonly freed: number }): Promise<number>;
  /** Runs at startup: joins the processes on the queue, and requeues what dead ones hold. Later, `sweep` does that. */
  recover(): Promise<Reaped[]>;
  /** Removes jobs that have been finished for longer than the retention period. Takes at most a few seconds. */
  prune(): Promise<number>;
  /** After a death: checks every job in the background, and reports violations. @throws {StorageError} */
  verify(signal: AbortSignal): Promise<void>;
  /** Emits `changed-outside` after another program has written, until the result is disposed. */
  watch(): Disposable;
  /**
   * Checks whether the storage works, and frees the jobs of dead processes, except those that are `held` here.
   * @throws {StorageError} if it does not; a lasting one once the storage is lost
   */
  probe(how?: { readonly held?: readonly Lease[] }): Promise<void>;
}

/** The role of the supervisor. */
export interface Presenter {
  /**
   * Shows this system to the other hosts, and passes on their orders, until the result is disposed. Does nothing on a
   * backend for one host.
   */
  present(shown: Shown): Disposable;
}

/** The role for what is not a job and is the same on all hosts: who is logged in. */
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
  /** Only PENDING jobs that are due now, or only those that are due later. */
  readonly due?: Due;
  /** Only jobs that have changed since then, in milliseconds since 1970. */
  readonly changedSince?: number;
}

export interface ListRequest extends JobFilter {
  /**
   * `line`: PENDING jobs in the order in which they will run; only `due` may filter. Only the beginning of a very long
   * line is listed. `newest` unless given.
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
  /** The clock that decides what is due and stalled, in milliseconds since 1970. On a server, it is the server's. */
  now(): number;
  /** The history has its oldest line first. @throws {QueueError} `unknown_job`; {StorageError} */
  get(id: string): Promise<{ job: Job; history: HistoryEntry[] }>;
  /** At most 200 jobs by `seq`, in that order; missing ones are skipped. @throws {QueueError} `invalid_query` */
  getMany(seqs: readonly number[], options?: GetOptions): Promise<Job[]>;
  /** Newest first; a job whose id is exactly the search text comes first. @throws {QueueError} `invalid_query` */
  list(request: ListRequest): Promise<JobList>;
  /** @throws {StorageError} */
  stats(): Promise<QueueStats>;
  /** Grows with every change, by this program or another: an equal number means that there is nothing new to show. */
  readonly revision: number;
  /** Why the storage does not work at the moment, or null. */
  readonly trouble: string | null;
  /** The same, without file names: for probes without a login. */
  readonly publicTrouble: string | null;
  /** Warnings for the operator while the storage works, as of the last sweep. */
  readonly warnings: readonly string[];
  /**
   * The kinds of waiting jobs that no host claims, as of the last statistics: no handler has their name, or theirs cannot be
   * loaded.
   */
  readonly parkedKinds: readonly string[];
  /** What an acknowledged job survives, as of the last statistics; `unknown` before the first. */
  readonly durability: Durability;
  /** The other processes on the queue, at most half a second out of date; empty on a backend for one host. */
  readonly hosts: readonly HostView[];
  /** Whether the backend allows several hosts; there may still be only one. */
  readonly isShared: boolean;
  /** The name of this process among the hosts. */
  readonly hostName: string;
  /** The version of the program that this process runs. */
  readonly version: string;
  /** A job whose last heartbeat is older is stalled, in milliseconds. */
  readonly stallMs: number;
  /** The kinds that some host has a handler for, at most half a second out of date. */
  readonly kinds: readonly string[];
  /**
   * The same, read now: a command beside the system has no other way to learn the kinds of the hosts. Its own count only
   * while no host runs.
   * @throws {StorageError}
   */
  kindsByNow(): Promise<readonly string[]>;
  /** Calls the listener with each event from now on. Returns the function that ends the subscription. */
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
  /** Ends the move early: jobs that were already moved stay moved, and no more events follow. */
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
  /** Moves all jobs that match and may be moved, a few hundred per turn. Returns how many were moved. */
  moveAll(verb: OperatorVerb, filter: JobFilter, how: MoveAllOptions): Promise<number>;
  /**
   * Orders a consumer of another host to crash or hang, which that host may refuse. `by` names the user. Returns false
   * if no other host has such a consumer. @throws {StorageError}
   */
  orderFault(consumerId: string, fault: Fault, by: string): Promise<boolean>;
}

/** The role of the code that opened the queue. */
export interface Admin {
  /**
   * Marks the start of a request, and returns the function to call at its end. If the process dies in between, the
   * request may be the cause, so running jobs are not charged for the death, at most three times in a row.
   */
  beginRequest(): () => void;
  /** What the backend cannot do: `check` leaves it out, `backup` is refused. */
  readonly missing: MissingCapabilities;
  /** Returns a sentence for each problem of the storage; empty = sound. A `deep` check takes longer. */
  check(options: { deep: boolean }): Promise<string[]>;
  /** @throws {QueueError} `unsupported` */
  backup(path: string, how?: { readonly replace?: boolean }): Promise<void>;
  close(): Promise<void>;
}
