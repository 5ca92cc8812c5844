/** What each part of the system may ask of the queue, so that misuse is a type error. */
import type { Listener } from "./events.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb, Status } from "./job.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, Due, ParkedKind, Reaped } from "./store.ts";

/** A job as a caller gives it; all of it is checked. */
export interface JobRequest {
  readonly id?: string;
  /** `file` unless given. */
  readonly kind?: string;
  /** Anything JSON can hold; `null` unless given. */
  readonly payload?: unknown;
  /** −100 to 100, 0 unless given; higher runs first. */
  readonly priority?: number;
  /** Milliseconds since 1970; now unless given. */
  readonly runAt?: number;
  /** Start a finished job of this id afresh instead of refusing. */
  readonly replace?: boolean;
}

export interface Added {
  /** `waiting`: the job was here already, and is untouched. */
  readonly outcome: "added" | "replaced" | "waiting";
  /** As in lists, values may be left out of one that was here already. */
  readonly job: Job;
  /** The job that waits has another payload or kind: the one of this call is not in the queue. */
  readonly differs: boolean;
}

export interface Adder {
  /**
   * All are checked before any is stored. Resolves when they are durable. Where a finished job has one of the ids
   * already, the others are stored all the same before the call is refused: adding them again does no harm. `by` names
   * who asked, for the history of a job that starts afresh.
   * @throws {QueueError} `invalid_job`, `unknown_kind`, `duplicate_job`; {StorageError}
   */
  add(requests: readonly JobRequest[], by?: string): Promise<Added[]>;
}

/** What is kept of an attempt that did not complete its job, beside its error. */
export interface AttemptReport {
  /** For how long the handler ran, in milliseconds. */
  readonly ranMs: number;
  /** The error in full: its stack, its causes, what it held. */
  readonly detail: string | null;
  /** The newest lines that the handler logged. */
  readonly log: string | null;
}

type Reported = { readonly report?: AttemptReport };

/** How an attempt ended, as the worker tells it. Times in milliseconds. */
export type Outcome =
  | { readonly type: "returned"; readonly result: string | null }
  | Reported & { readonly type: "threw"; readonly error: string }
  | Reported & { readonly type: "gave-up"; readonly error: string }
  | Reported & { readonly type: "timed-out"; readonly error: string }
  | Reported & { readonly type: "retry-later"; readonly delayMs: number; readonly error: string }
  /** Never begun, or ended by a stop. */
  | { readonly type: "handed-back" }
  | Reported & { readonly type: "stopped"; readonly detail: string }
  | Reported & { readonly type: "stalled"; readonly detail: string; readonly guilty: boolean }
  | Reported & { readonly type: "crashed"; readonly detail: string; readonly guilty: boolean };

/** What became of a settled attempt. `again`: the same consumer is to try again after `delayMs`, whatever the clock says. */
export type Verdict =
  | { readonly type: "stored" }
  | { readonly type: "again"; readonly delayMs: number; readonly retries: number }
  | { readonly type: "lost" };

/** The dispatcher's part. */
export interface Consumer {
  claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer>;
  /** Heartbeat: `false` for each lease that is lost. */
  renew(leases: readonly Lease[]): Promise<boolean[]>;
  settle(attempts: readonly { readonly job: Claimed; readonly outcome: Outcome }[]): Promise<Verdict[]>;
}

/** The sweeper's part. */
export interface Janitor {
  /**
   * Returns jobs whose heartbeat is older than `stallMs`, except those known to be in good hands. Answers how many,
   * with those that the caller has `freed` already because their consumer fell silent.
   */
  sweep(known: { readonly held: readonly Lease[]; readonly freed: number }): Promise<number>;
  /** At the start: whatever is PROCESSING belongs to a process that is dead. */
  recover(): Promise<Reaped[]>;
  /** Removes jobs that have been finished for longer than the retention, for a second at most. */
  prune(): Promise<number>;
  /**
   * After an unclean stop: goes through every job beside the work, and tells what cannot be. Else nothing.
   * @throws {StorageError}
   */
  lookOver(signal: AbortSignal): Promise<void>;
  /**
   * Emits `foreign` if somebody else has written since the last call.
   * @throws {StorageError} that does not pass, once the storage is lost
   */
  watch(): Promise<void>;
}

export interface JobFilter {
  readonly status?: Status;
  /** Any of these; where `status` is given as well, only that. */
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
   * `line`: PENDING jobs in the order in which they will run, with no other filter than `due`. Of a very long line only its
   * beginning is told. `newest` unless given.
   */
  readonly order?: "newest" | "line";
  /** From the page before. */
  readonly cursor?: string;
  /** 1–200; 50 unless given. */
  readonly limit?: number;
  /** False: payloads and results of more than some words are left out, where nobody wants to see them. */
  readonly values?: boolean;
}

export interface JobList {
  readonly jobs: Job[];
  readonly next: string | null;
}

/** Events per second, over the last ten whole seconds. */
export interface Rates {
  readonly added: number;
  readonly completed: number;
  readonly failed: number;
}

/** Since this process began, for one kind of job. */
export interface KindTotals {
  readonly kind: string;
  /** Jobs added or started afresh. */
  readonly added: number;
  /** Jobs given to a consumer; one that comes back unbegun and is given again counts twice. */
  readonly started: number;
  /** Attempts that ended, in whatever way. */
  readonly attempts: number;
  /** Of these: by an error or a deadline, at the wish of the handler, by the end or the silence of a consumer, by a stop. */
  readonly failedAttempts: number;
  readonly postponed: number;
  readonly crashed: number;
  readonly stalled: number;
  readonly released: number;
  /** Jobs that became COMPLETED, FAILED and UNPROCESSABLE. */
  readonly completed: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Jobs that a person or a script moved through this process. */
  readonly canceled: number;
  readonly resubmitted: number;
  /** Late results, dropped. */
  readonly fenced: number;
}

export interface QueueStats {
  readonly counts: Record<Status, number>;
  /** For how long the job at the head of the line has been due, in milliseconds; 0 when none waits. */
  readonly ageMs: number;
  /** Jobs whose consumer has fallen silent. */
  readonly stalled: number;
  /** Waiting jobs of kinds that no handler knows. */
  readonly parked: readonly ParkedKind[];
  readonly rates: Rates;
  /** Per second, oldest first, the last minute. */
  readonly history: readonly Rates[];
  /** Late writes of workers that had lost their job: dropped. */
  readonly fenced: number;
  readonly totals: readonly KindTotals[];
}

/** What anybody may look at. */
export interface Inspector {
  /** @throws {QueueError} `unknown_job` */
  get(id: string): Promise<{ job: Job; history: HistoryEntry[] }>;
  /** Newest first; a job whose id is the whole search comes before all. @throws {QueueError} `invalid_query` */
  list(request: ListRequest): Promise<JobList>;
  stats(): Promise<QueueStats>;
  /** Grows with every change, of ours or of others: equal numbers mean nothing new to show. */
  readonly revision: number;
  /** Why the storage does not work at the moment, or null. */
  readonly trouble: string | null;
  /** What a person should see to, though the storage works: as of the last sweep. */
  readonly warnings: readonly string[];
  readonly stallMs: number;
  readonly kinds: readonly string[];
  subscribe(listener: Listener): () => void;
}

/** What came of an operator's move for one id. */
export type MoveResult =
  | { readonly id: string; readonly ok: true; readonly job: Job }
  | {
    readonly id: string;
    readonly ok: false;
    readonly code: "unknown_job" | "illegal_move";
    readonly message: string;
  };

export interface MoveOptions {
  /** Ends it early: what is moved by then stays moved, and no more is told. */
  readonly signal?: AbortSignal;
}

export interface MoveAllOptions extends MoveOptions {
  /** Who asked, for the log and the history. */
  readonly by: string;
  /** Called after each turn with how many were moved so far. */
  readonly onProgress?: (moved: number) => void;
}

/** What a person may do, once logged in. */
export interface Operator extends Adder {
  /** `by` names who asked, for the log and the history. Many ids are moved some at a time, in several turns. */
  move(
    verb: OperatorVerb,
    ids: readonly string[],
    by: string,
    options?: MoveOptions,
  ): Promise<MoveResult[]>;
  /** Moves all that matches and may be moved, some hundreds a turn. Answers how many were moved. */
  moveAll(verb: OperatorVerb, filter: JobFilter, how: MoveAllOptions): Promise<number>;
}

/** The part of whoever opened the queue. */
export interface Keeper {
  /**
   * A request is worked on from now on. Returns the function to call at its end. A process that dies meanwhile may have
   * died of it, so what was running then is not charged for the death, three times in a row at most.
   */
  beginRequest(): () => void;
  /** Sentences about what is wrong with the storage; empty = sound. `deep` takes its time. */
  check(options: { deep: boolean }): Promise<string[]>;
  backup(path: string, how?: { readonly replace?: boolean }): Promise<void>;
  close(): Promise<void>;
}
