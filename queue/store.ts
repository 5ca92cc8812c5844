/**
 * The contract of a backend: verbs for jobs, batches first, and for the processes that work on them.
 *
 * A store moves state and decides nothing. Its clock is the only one: a caller passes spans of time, or instants that a
 * user gave. Each write is atomic as a whole and durable when its promise resolves; writes that arrive together may
 * share one commit, and may take effect in any order. One that has lost its lease returns `false`, it never throws. A call
 * fails with a `StorageError` if the storage does not work, and with a `RejectedWrite` if it would break a rule: an id
 * has 1 to 2,000 characters, no number is negative but a priority (±100). Nothing of a failed call is written.
 * The tests in `tests/conformance/` state what every verb guarantees.
 */
import type { Capabilities } from "./capabilities.ts";
import type { Durability } from "./durability.ts";
import type { ClockSetBack } from "./policy/clock_rollback.ts";
import type { Settlement } from "./ending.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb, Status } from "./job.ts";
import type { Added } from "./roles.ts";
import type { PortableStore } from "./stored_job.ts";

/** A checked job to be added. */
export interface NewJob {
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  readonly priority: number;
  /** Null: at once. */
  readonly runAt: number | null;
  /** Restarts a finished job with the same id instead of refusing. */
  readonly replace: boolean;
  /** The user that asked, for the history of a restarted job. */
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
  readonly suspect: boolean; // takes one if one is due, the least charged first, and nothing else
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
   * Jobs of other kinds that the claim meets are parked: they stay PENDING, cost later claims nothing, and return to the
   * line with the first claim that names their kind.
   */
  readonly kinds?: readonly string[];
  /** First, in the same transaction: what was due before the step stays due, and no job in flight waits any longer. */
  readonly setBack?: ClockSetBack | null;
}

export interface ClaimAnswer {
  readonly claimed: Claimed[]; // fewer than asked for where their payloads are large
  /**
   * When the first job left waiting becomes due, in the past if it is due. Suspects count if one was requested; a job that
   * is not parked yet counts. Null if none waits, or if every request (one for a suspect beside others aside) got its limit.
   * The jobs need not wait for it where it takes a request of its own. @throws {StorageError}
   */
  readonly nextRunAt: number | null | Promise<number | null>;
}

/** The effect of an operator's move on one id. Long values are left out of the jobs. */
export type Moved =
  | { readonly id: string; readonly outcome: "moved"; readonly from: Status; readonly job: Job }
  | { readonly id: string; readonly outcome: "illegal"; readonly job: Job }
  | { readonly id: string; readonly outcome: "unknown" };

/** Selects PROCESSING jobs of silent consumers, unless another process has them and shows itself, or of a dead process. */
export type OrphanRequest = { readonly limit: number } & (SilentConsumers | DeadProcess);

export interface SilentConsumers {
  /** A heartbeat in this span around the present, ends included, shows that the consumer is alive. */
  readonly alive: { readonly agoMs: number; readonly aheadMs: number };
  /** Leases known to be held: these jobs are left out, whatever the clock says. */
  readonly held: readonly Lease[];
}

export interface DeadProcess {
  /** The process that claimed the jobs; null: a process without a row, or none. */
  readonly process: string | null;
}

/** A process that works on the queue. */
export interface ProcessIdentity {
  /** A UUID, new at each start. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Of the program. */
  readonly version: string;
}

export interface ProcessRow extends ProcessIdentity {
  readonly startedAt: number;
  readonly seenAt: number; // at its last beat
  /** The backend knows that the process is dead, or has seen nothing of it for as long as was asked. */
  readonly isDead: boolean;
  /** What it gave with its beats last; null: nothing. */
  readonly view: string | null;
  readonly kinds: readonly string[]; // with which it claims, as far as other hosts could see that
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
  /** Only jobs whose time to run has come, or is still ahead. */
  readonly due?: Due;
  /** Only jobs that are PROCESSING with a heartbeat older than this. */
  readonly silentForMs?: number;
  /** Where a page of the same query ended. @throws {QueueError} `invalid_query` if it is not one of this store */
  readonly cursor?: string;
  /** PENDING jobs in the order in which they will run, without long values; only `due` may filter. */
  readonly line?: true;
  readonly limit: number;
  /** False: values longer than some words are left out. Otherwise only very long ones, or those beyond a total. */
  readonly values?: boolean;
  /** The most rows to read, if that holds up this thread and no index serves the query, instead of some thousands. */
  readonly rows?: number;
}

export interface JobPage {
  readonly jobs: Job[];
  /** The cursor to continue from, made and read by the store alone; null at the end. Pages may be short. */
  readonly next: string | null;
}

/** Waiting jobs of a kind without a handler. */
export interface ParkedKind {
  readonly kind: string;
  readonly count: number;
}

export interface StoreStats {
  readonly counts: Record<Status, number>;
  /** The `runAt` of the job that has been due the longest, or null. */
  readonly oldestDueAt: number | null;
  /** PROCESSING jobs with a heartbeat older than the given span. */
  readonly silent: number;
  /** Waiting jobs of kinds that no claim asks for: at most twenty kinds, and 10,000 jobs counted of each. */
  readonly parked: readonly ParkedKind[];
  /** For the operator, as sentences; empty = all is well. */
  readonly warnings: readonly string[];
  readonly durability: Durability;
}

export interface PruneRequest {
  /** Jobs that finished longer ago are removed with their history. */
  readonly olderThanMs: number;
  /** Continue after this `seq`; 0 at first. */
  readonly after: number;
  readonly limit: number;
}

export interface Store extends PortableStore {
  readonly capabilities: Capabilities;
  /** A claim finds what the calls before it add, though they have not ended. */
  readonly takesCallsInOrder: boolean;
  /** The store's clock, as well as this process knows it, in milliseconds since 1970. */
  now(): number;
  /** Adds as many jobs as fit into one turn, at least one, and returns the results for those, in their order. */
  insert(jobs: readonly NewJob[]): Promise<(Added | Refused)[]>;
  /** The jobs belong to the process that has joined through this store. */
  claim(requests: readonly ClaimRequest[], options?: ClaimOptions): Promise<ClaimAnswer>;
  /** Heartbeat: `false` for each lease that is lost. */
  renew(leases: readonly Lease[]): Promise<boolean[]>;
  /** `false` for each lease that is lost; nothing is written for those. */
  settle(settlements: readonly Settlement[]): Promise<boolean[]>;
  /**
   * Moves as many ids as fit into one turn, at least one, and returns the results for those, in the order of the ids.
   * `by` names the user, for the history.
   */
  move(verb: OperatorVerb, ids: readonly string[], by?: string): Promise<Moved[]>;
  /** By `seq`; of too many silent ones, any. Changes nothing: the queue decides how each one ends, and settles it. */
  orphans(request: OrphanRequest): Promise<Orphan[]>;
  /** Also keeps the store's files small. Returns the ids of removed jobs, and where to continue (0 = begin again). */
  prune(request: PruneRequest): Promise<{ removed: readonly string[]; next: number }>;
  get(id: string, options?: GetOptions): Promise<{ job: Job; history: HistoryEntry[] } | null>;
  /** Jobs by their `seq`, in the given order, without those that are gone. */
  getMany(seqs: readonly number[], options?: GetOptions): Promise<Job[]>;
  /** The scan is bounded. */
  list(query: JobQuery): Promise<JobPage>;
  stats(options: { readonly silentForMs: number }): Promise<StoreStats>;
  /** Adds the row of this process: what it claims from now on is recovered when it dies. */
  join(process: ProcessIdentity): Promise<void>;
  /** Shows that this process is alive, and how it is. `false`: its row is gone, because it was taken for dead. */
  beat(view?: string): Promise<boolean>;
  /** Removes the row of a process: this one stops, or a dead one has no jobs any more. */
  leave(id: string): Promise<void>;
  /** All processes, in the order in which they joined. One not seen for `silentForMs` counts as dead. */
  processes(options: { readonly silentForMs: number }): Promise<ProcessRow[]>;
  /**
   * Calls `onChange` after another program or process has committed a change, within some tenths of a second, and never
   * for a write of this store. Several changes may be one call, and a call may be one too many: it is a hint to look.
   * Ends when the result is disposed, or with the store.
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

export type { Capabilities, PortableStore };
export type { Charge, Ending, Settlement } from "./ending.ts";
