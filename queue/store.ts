/**
 * The contract of a backend: verbs for jobs, batches first, and for the processes that work on them.
 *
 * A store moves state and decides nothing. Its clock is the only one: callers pass durations, or times that a user
 * gave. Each write is atomic and durable when its promise resolves; writes that arrive together may share one commit,
 * and may take effect in any order. A write under a lost lease returns `false` and never throws. A call fails with a
 * `StorageError` if the storage does not work, and with a `RejectedWrite` if it would violate a rule: an id has 1 to
 * 2,000 characters, and no number is negative except a priority (±100). A failed call writes nothing. The tests in
 * `tests/conformance/` state what every verb guarantees.
 */
import type { Capabilities } from "./capabilities.ts";
import type { Durability } from "./durability.ts";
import type { ClockSetBack } from "./policy/clock_rollback.ts";
import type { Settlement } from "./ending.ts";
import type { ProcessIdentity, ProcessQuery, ProcessRow } from "./processes.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb, Status } from "./job.ts";
import type { Added } from "./roles.ts";
import type { PortableStore } from "./stored_job.ts";

/** A checked job to be added. */
export interface NewJob {
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  readonly priority: number;
  /** Null: now. */
  readonly runAt: number | null;
  /** Restarts a finished job with the same id instead of refusing. */
  readonly replace: boolean;
  /** The user who asked, for the history of a restarted job. */
  readonly by?: string;
}

/** A finished job has the id of the new one, and `replace` was not set. */
export interface Refused {
  readonly outcome: "refused";
  readonly job: Job;
}

/** Claims up to `limit` jobs for one consumer. A consumer that gets a suspect gets nothing else in the same call. */
export interface ClaimRequest {
  readonly consumerId: string;
  readonly limit: number;
  /** Claims only a suspect, if one is due: the least charged one. */
  readonly suspect: boolean;
}

export interface Claimed {
  readonly consumerId: string;
  readonly seq: number;
  readonly lease: number;
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  readonly retries: number;
  readonly crashes: number;
  readonly suspect: boolean;
}

export interface ClaimOptions {
  /**
   * The claim parks the jobs of other kinds that it meets: they stay PENDING, cost later claims nothing, and return to
   * the line with the first claim that names their kind.
   */
  readonly kinds?: readonly string[];
  /** Applied first, in the same transaction: what was due stays due, and no job in flight waits longer. */
  readonly setBack?: ClockSetBack | null;
}

export interface ClaimAnswer {
  /** Fewer than the limit if their payloads are large. */
  readonly claimed: Claimed[];
  /**
   * When the first job left waiting becomes due, in the past if it already is. Includes suspects if one was requested,
   * and jobs that are not parked yet. Null if none waits, or if every request got its limit (one for a suspect beside
   * others aside). A promise if finding it takes a separate request. @throws {StorageError}
   */
  readonly nextRunAt: number | null | Promise<number | null>;
}

/** The result of an operator's move for one id. Long values are left out of the jobs. */
export type Moved =
  | { readonly id: string; readonly outcome: "moved"; readonly from: Status; readonly job: Job }
  | { readonly id: string; readonly outcome: "illegal"; readonly job: Job }
  | { readonly id: string; readonly outcome: "unknown" };

/** Selects PROCESSING jobs of silent consumers (not those of another living process), or jobs of a dead process. */
export type OrphanRequest = { readonly limit: number } & (SilentConsumers | DeadProcess);

export interface SilentConsumers {
  /** A heartbeat in this interval around now, ends included, shows that the consumer is alive. */
  readonly alive: { readonly agoMs: number; readonly aheadMs: number };
  /** Leases known to be held: their jobs are left out, whatever the clock says. */
  readonly held: readonly Lease[];
}

export interface DeadProcess {
  /** The process that claimed the jobs; null: none, or a process without a row. */
  readonly process: string | null;
}

/** The facts about a job whose consumer is silent, or whose process is dead. */
export interface Orphan extends Lease {
  readonly id: string;
  readonly kind: string;
  readonly consumerId: string | null;
  readonly crashes: number;
  readonly suspect: boolean;
  readonly runAt: number;
  readonly startedAt: number | null;
  readonly lastHeartbeat: number | null;
  /** Another program has locked it: it is judged beside the others, and settled later. */
  readonly isLocked?: boolean;
}

export interface GetOptions {
  /** False: long values may be left out. */
  readonly values?: boolean;
}

/** Whether a job may run now, or is delayed. */
export type Due = "now" | "later";

/** A page of jobs, newest first. */
export interface JobQuery {
  /** Any of these. */
  readonly statuses?: readonly Status[];
  readonly kind?: string;
  /** A part of the id, matched literally. */
  readonly search?: string;
  /** Only jobs that were added or changed since then, in milliseconds since 1970; a heartbeat is not a change. */
  readonly changedSince?: number;
  /** Only jobs that are due now, or only those that are due later. */
  readonly due?: Due;
  /** Only jobs that are PROCESSING with a heartbeat older than this. */
  readonly silentForMs?: number;
  /** The `next` of an earlier page of this query. @throws {QueueError} `invalid_query` if it is not from this store */
  readonly cursor?: string;
  /** PENDING jobs in the order in which they will run, without long values; only `due` may filter. */
  readonly line?: true;
  readonly limit: number;
  /** False: values longer than a few words are left out. Otherwise only very long ones, and those beyond a total. */
  readonly values?: boolean;
  /** The most rows to read, instead of a few thousand, if reading blocks this thread and no index serves the query. */
  readonly rows?: number;
}

export interface JobPage {
  readonly jobs: Job[];
  /** The cursor to continue from, opaque outside the store; null at the end. A page may be short. */
  readonly next: string | null;
}

/** Waiting jobs of a kind without a handler. */
export interface ParkedKind {
  readonly kind: string;
  readonly count: number;
}

export interface StoreStats {
  readonly counts: Record<Status, number>;
  /** Since when the job has waited that has been due the longest, or null; not since before it was added. */
  readonly oldestDueAt: number | null;
  /** PROCESSING jobs with a heartbeat older than the given span. */
  readonly silent: number;
  /** Waiting jobs of kinds that no claim names: at most twenty kinds, each counted up to 10,000 jobs. */
  readonly parked: readonly ParkedKind[];
  /** Sentences for the operator; empty = all is well. */
  readonly warnings: readonly string[];
  readonly durability: Durability;
}

export interface PruneRequest {
  /** Jobs that finished longer ago are removed, with their history. */
  readonly olderThanMs: number;
  /** Continue after this `seq`; 0 at first. */
  readonly after: number;
  readonly limit: number;
}

export interface Store extends PortableStore {
  readonly capabilities: Capabilities;
  /** A claim finds what earlier calls add, even if those have not resolved yet. */
  readonly takesCallsInOrder: boolean;
  /** The most jobs in flight at one consumer: more of them mean fewer calls, behind which those of the pages wait longer. */
  readonly maxPrefetch: number;
  /** The store's clock as closely as this process knows it, in milliseconds since 1970. */
  now(): number;
  /** No estimate: the clock itself has shown this time, or a later one. */
  shownTime(): number;
  /** Adds as many jobs as fit into one turn, at least one, and returns the results for those, in order. */
  insert(jobs: readonly NewJob[]): Promise<(Added | Refused)[]>;
  /** The jobs belong to the process that has joined through this store. On a server it gets none while it has no row. */
  claim(requests: readonly ClaimRequest[], options?: ClaimOptions): Promise<ClaimAnswer>;
  /** Heartbeat: `false` for each lease that is lost. */
  renew(leases: readonly Lease[]): Promise<boolean[]>;
  /** `false` for each lease that is lost: nothing is written. An ending that is repeated is stored once, and `true`. */
  settle(settlements: readonly Settlement[]): Promise<boolean[]>;
  /**
   * Moves as many ids as fit into one turn, at least one, and returns the results for those, in the order of the ids.
   * `by` names the user, for the history.
   */
  move(verb: OperatorVerb, ids: readonly string[], by?: string): Promise<Moved[]>;
  /** Ordered by `seq`; of too many silent ones, any. Only reads: the queue decides how each job ends. */
  orphans(request: OrphanRequest): Promise<Orphan[]>;
  /** Also keeps the store's files small. Returns the ids of removed jobs, and where to continue (0 = restart). */
  prune(request: PruneRequest): Promise<{ removed: readonly string[]; next: number }>;
  get(id: string, options?: GetOptions): Promise<{ job: Job; history: HistoryEntry[] } | null>;
  /** Jobs by `seq`, in the given order; missing ones are skipped. */
  getMany(seqs: readonly number[], options?: GetOptions): Promise<Job[]>;
  /** The scan is bounded. */
  list(query: JobQuery): Promise<JobPage>;
  stats(options: { readonly silentForMs: number }): Promise<StoreStats>;
  /** Adds the row of this process: what it claims from then on is recovered when it dies. */
  join(process: ProcessIdentity): Promise<void>;
  /** Shows that this process is alive, and its `view`. `false`: its row is gone, because it was taken for dead. */
  beat(view?: string): Promise<boolean>;
  /** Removes the row of a process that is stopping, or of a dead one that has no jobs left. */
  leave(id: string): Promise<void>;
  /** All processes, in the order in which they joined. One that was itself out of touch takes no other for dead at once. */
  processes(query: ProcessQuery): Promise<ProcessRow[]>;
  /**
   * Calls `onChange` within a few tenths of a second after another program or process, never this store, has committed a
   * change. Several changes may cause one call, and a call may be spurious. Ends when disposed, or with the store.
   */
  watch(onChange: () => void): Disposable;
  /**
   * Throws if the storage does not work: its files are lost or damaged, the disk is full, writes fail, or `watch` does
   * not notice changes. Cheap enough for ten calls a second. @throws {StorageError}
   */
  probe(): Promise<void>;
  /** Returns a sentence for each problem; empty = sound. */
  check(): Promise<string[]>;
  close(): Promise<void>;
}
