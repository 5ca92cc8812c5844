/**
 * The contract that a backend fulfils: fourteen verbs, batches first.
 *
 * A store moves state and decides nothing. Each write is atomic as a whole and durable when its promise resolves;
 * writes that arrive together may share one commit. A write that has lost its lease answers `false`, it never throws.
 * What every verb guarantees is written down as tests in `tests/conformance/`.
 */
import type { AttemptReport } from "./roles.ts";
import type { HistoryEntry, HistoryEvent, Job, Lease, OperatorVerb, Status } from "./job.ts";

/** A checked job on its way in. */
export interface NewJob {
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  readonly priority: number;
  readonly runAt: number;
  readonly createdAt: number;
  /** Start a finished job of the same id afresh instead of refusing. */
  readonly replace: boolean;
  /** Who asked, for the history of one that starts afresh. */
  readonly by?: string;
}

/**
 * `added`: the job is new. `replaced`: a finished one of this id starts afresh. `waiting`: one that is PENDING or
 * PROCESSING has this id already, and is untouched. `refused`: a finished one has it, and `replace` was not asked for.
 */
export interface Inserted {
  readonly outcome: "added" | "replaced" | "waiting" | "refused";
  /** As in lists, values may be left out of one that was here before. */
  readonly job: Job;
  /** Of one that is `waiting`: whether it has another payload or kind than was asked for. */
  readonly differs?: boolean;
}

/** Claim up to `limit` jobs for one consumer. Whoever gets a suspect gets nothing else in the same call. */
export interface ClaimRequest {
  readonly consumerId: string;
  readonly limit: number;
  /** Take one suspect if one is due, the least charged first, and nothing else. */
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

export interface ClaimAnswer {
  readonly claimed: Claimed[];
  /**
   * When the first job left waiting becomes due, in the past if it is due already; suspects count only where one was
   * asked for, and a job that is yet to be parked counts. Null when none waits, or when the answer was not short.
   */
  readonly nextRunAt: number | null;
}

/** The end of an attempt, decided by the queue's policy; the store only writes it. */
export type Settlement = Lease & { readonly at: number } & Ending;

export type Ending =
  & {
    /** What is known of the attempt, for the history. */
    readonly report?: AttemptReport;
  }
  & (
    | { readonly verb: "complete"; readonly result: string | null }
    | {
      readonly verb: "retry";
      readonly event: "retried" | "postponed";
      readonly retries: number;
      readonly runAt: number;
      readonly error: string;
    }
    | { readonly verb: "exhaust" | "fail"; readonly retries: number; readonly error: string }
    | {
      readonly verb: "release";
      /** null = never begun: no line in the history. */
      readonly event: "stalled" | "crashed" | "released" | null;
      readonly detail: string | null;
      readonly charge: Charge | null;
    }
  );

/** One more crash on a job's account. At `limit` crashes the job is UNPROCESSABLE instead of PENDING. */
export interface Charge {
  readonly limit: number;
}

/** What an operator's move did to one id. Values of more than some words are left out of the jobs. */
export type Moved =
  | { readonly id: string; readonly outcome: "moved"; readonly from: Status; readonly job: Job }
  | { readonly id: string; readonly outcome: "illegal"; readonly job: Job }
  | { readonly id: string; readonly outcome: "unknown" };

export interface ReapRequest {
  /** Jobs with a heartbeat older than this (or none, or one from the future) are taken from their holders. */
  readonly before: number;
  /** What is known to be in good hands: let be whatever the clock says. */
  readonly held: readonly Lease[];
  readonly event: "stalled" | "crashed" | "released";
  readonly detail: string;
  readonly now: number;
  readonly limit: number;
  /**
   * After the death of a process nobody knows who did it. A job that ran alone is charged, and at the limit condemned;
   * so are suspects, if any were running. Else whoever ran is charged once, and becomes a suspect when it is there at a
   * second such death: so nobody is condemned for a neighbour's deed, and one kill from outside slows nothing down.
   */
  readonly charge: Charge | null;
}

/** The lease is the one that it lost. */
export interface Reaped extends Lease {
  readonly id: string;
  readonly kind: string;
  readonly consumerId: string | null;
  readonly status: Status;
}

export interface GetOptions {
  /** False: values of more than some words may be left out. */
  readonly values?: boolean;
}

/** Whether a job may run now, or is scheduled for later. */
export type Due = "now" | "later";

/** A page of jobs, newest first. */
export interface JobQuery {
  readonly status?: Status;
  readonly kind?: string;
  /** A part of the id, as it is written. */
  readonly search?: string;
  /** Only jobs that were added or have changed since then, in milliseconds since 1970; a heartbeat is no change. */
  readonly changedSince?: number;
  /** Only jobs whose time to run has come, or is still ahead. */
  readonly due?: { readonly when: Due; readonly now: number };
  /** Only jobs that are PROCESSING with a heartbeat older than this. */
  readonly silentSince?: number;
  /** Only jobs whose `seq` is below. */
  readonly before?: number;
  /** All that is PENDING, in the order in which it will run, from this place on, without long values and other filters than `due`. */
  readonly line?: { readonly from: number; readonly now: number };
  readonly limit: number;
  /** False: values of more than some words are left out. Else they are where they are long, or many. */
  readonly values?: boolean;
  /** Look at no more rows than these where an index does not find what is wanted, instead of at some thousands. */
  readonly rows?: number;
}

export interface JobPage {
  readonly jobs: Job[];
  /** `seq`, or place in the line, to go on from; or null at the end. A page may be short and still not be the last: the scan is bounded. */
  readonly next: number | null;
}

/** Waiting jobs that no handler knows. */
export interface ParkedKind {
  readonly kind: string;
  readonly count: number;
}

export interface StoreStats {
  readonly counts: Record<Status, number>;
  /** `runAt` of the job that has been due the longest, or null. */
  readonly oldestDueAt: number | null;
  /** Jobs that are PROCESSING with a heartbeat older than was asked for. */
  readonly silent: number;
  /** Waiting jobs of kinds that no claim asks for, by kind: twenty kinds at most, and of each 10,000 at most. */
  readonly parked: readonly ParkedKind[];
  /** Sentences about what a person should see to; empty = all is well. */
  readonly warnings: readonly string[];
}

export interface PruneRequest {
  /** Jobs finished earlier are removed with their history. */
  readonly before: number;
  /** Go on behind this `seq`; 0 at first. */
  readonly after: number;
  readonly limit: number;
}

export interface Store {
  /** Whoever had it before did not close it: it died, or the machine did. */
  readonly endedUncleanly: boolean;
  insert(jobs: readonly NewJob[]): Promise<Inserted[]>;
  /**
   * Where `kinds` are given, jobs of other kinds are parked when they are met: they stay PENDING, cost a claim nothing
   * more, and come back in line with the first claim that names their kind.
   */
  claim(
    requests: readonly ClaimRequest[],
    now: number,
    only?: { readonly kinds?: readonly string[] },
  ): Promise<ClaimAnswer>;
  /** Heartbeat: `false` for each lease that is lost. */
  renew(leases: readonly Lease[], now: number): Promise<boolean[]>;
  /** `false` for each lease that is lost; nothing is written for those. */
  settle(settlements: readonly Settlement[]): Promise<boolean[]>;
  /**
   * Moves as many as fit into one turn, one at least, and returns the results of those: the first of the ids, in their
   * order. `by` names who asked, for the history.
   */
  move(verb: OperatorVerb, ids: readonly string[], now: number, by?: string): Promise<Moved[]>;
  reap(request: ReapRequest): Promise<Reaped[]>;
  /** Also keeps the store's own files small. Returns the ids of what was removed, and where to go on (0 = begin again). */
  prune(request: PruneRequest): Promise<{ removed: readonly string[]; next: number }>;
  get(id: string, options?: GetOptions): Promise<{ job: Job; history: HistoryEntry[] } | null>;
  list(query: JobQuery): Promise<JobPage>;
  stats(moment: { readonly now: number; readonly silentSince: number }): Promise<StoreStats>;
  /** A number that changes when somebody else has written. Cheap enough for ten calls a second. */
  foreignWrites(): Promise<number>;
  /** Sentences about what is wrong; empty = sound. `deep` reads every page of the database. */
  check(options: { deep: boolean }): Promise<string[]>;
  /** Writes a complete, checked copy to `path`. */
  backup(path: string, how?: { readonly replace?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export type { HistoryEntry, HistoryEvent };
