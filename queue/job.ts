/**
 * The job: its statuses, the moves between them as data, and its shape.
 *
 * Every backend, page and test derives from the tables in this file; nothing else lists statuses or moves.
 */

/** The six statuses, in the order in which the pages show them. */
export const STATUSES = [
  "PENDING",
  "PROCESSING",
  "COMPLETED",
  "FAILED",
  "UNPROCESSABLE",
  "CANCELED",
] as const;

export type Status = typeof STATUSES[number];

/** The status of a job that was just added, or started afresh. */
export const INITIAL_STATUS = "PENDING" satisfies Status;

/** The statuses in which a job stays until an operator moves it. */
export const FINISHED = ["COMPLETED", "FAILED", "UNPROCESSABLE", "CANCELED"] as const satisfies Status[];

export type FinishedStatus = typeof FINISHED[number];

export function isFinished(status: Status): status is FinishedStatus {
  return (FINISHED as readonly Status[]).includes(status);
}

/** The table of legal moves. A move that is not in this table does not happen. */
export const MOVES = {
  claim: { from: ["PENDING"], to: "PROCESSING" },
  complete: { from: ["PROCESSING"], to: "COMPLETED" },
  retry: { from: ["PROCESSING"], to: "PROCESSING" },
  exhaust: { from: ["PROCESSING"], to: "UNPROCESSABLE" },
  fail: { from: ["PROCESSING"], to: "FAILED" },
  release: { from: ["PROCESSING"], to: "PENDING" },
  cancel: { from: ["PENDING", "PROCESSING", "FAILED", "UNPROCESSABLE"], to: "CANCELED" },
  resubmit: { from: ["FAILED", "UNPROCESSABLE", "CANCELED"], to: "PENDING" },
} as const satisfies Record<string, { from: readonly Status[]; to: Status }>;

export type Verb = keyof typeof MOVES;

/**
 * What a resubmit does, by the current status of the job. `startsAgain`: retries and crashes are reset to 0, and the
 * job is no longer a suspect. `keepsRunAt`: a future run time is kept, unless it is that of a retry; otherwise the job
 * runs now.
 */
export const RESUBMIT = {
  FAILED: { startsAgain: false, keepsRunAt: false },
  UNPROCESSABLE: { startsAgain: true, keepsRunAt: false },
  CANCELED: { startsAgain: true, keepsRunAt: true },
} as const satisfies Record<
  typeof MOVES.resubmit.from[number],
  { readonly startsAgain: boolean; readonly keepsRunAt: boolean }
>;

/** The moves that an operator makes. */
export const OPERATOR_VERBS = ["resubmit", "cancel"] as const satisfies Verb[];

export type OperatorVerb = typeof OPERATOR_VERBS[number];

/** Whether `verb` may move a job with this status. */
export function isLegal(verb: Verb, status: Status): boolean {
  return (MOVES[verb].from as readonly Status[]).includes(status);
}

/** Narrows text from outside to a status. */
export function isStatus(text: unknown): text is Status {
  return (STATUSES as readonly unknown[]).includes(text);
}

/** Proof of ownership: `lease` grows with each claim, so an old pair never matches again. */
export interface Lease {
  /** The store's number for the job, never reused. */
  readonly seq: number;
  readonly lease: number;
}

/** The same text for the same lease, as a key of sets and maps. */
export function leaseKey({ seq, lease }: Lease): string {
  return `${seq}:${lease}`;
}

/** A stored job. Times are milliseconds since 1970. */
export type Job =
  & Lease
  & {
    /** 1–2000 characters, unique, chosen by the caller. */
    readonly id: string;
    /** Names the handler. */
    readonly kind: string;
    /** JSON text, at most 1 MiB. */
    readonly payload: string;
    /** Higher runs first; −100 to 100. */
    readonly priority: number;
    /** Milliseconds since 1970: the job is not claimed, or not attempted again, before this time. */
    readonly runAt: number;
    /** Failed attempts since the job was added or started afresh. */
    readonly retries: number;
    /** Workers that died while they ran this job. A death of the process counts for every job in flight. */
    readonly crashes: number;
    /** The consumer that holds the job, or that finished it; null while it waits. */
    readonly consumerId: string | null;
    readonly lastHeartbeat: number | null;
    readonly startedAt: number | null;
    readonly finishedAt: number | null;
    /** The last error, until the job is completed or started afresh. */
    readonly error: string | null;
    /** The return value of the handler, as JSON text. */
    readonly result: string | null;
    /** The status before the job was canceled; null while it is not canceled. */
    readonly canceledFrom: Status | null;
    readonly createdAt: number;
    readonly updatedAt: number;
    /** In lists: the values that are left out because they are long, or because there are many. */
    readonly leftOut?: readonly ("payload" | "result")[];
  }
  & (
    | { readonly status: "PENDING" }
    | { readonly status: "PROCESSING"; readonly consumerId: string; readonly lastHeartbeat: number }
    | { readonly status: FinishedStatus; readonly finishedAt: number }
  );

/** A job whose holder has been silent for longer than `stallMs`. Derived, never stored. */
export function isStalled(job: Job, { now, stallMs }: { now: number; stallMs: number }): boolean {
  return job.status === "PROCESSING" && job.lastHeartbeat < now - stallMs;
}

/** Whether the job was canceled after it had failed: it is dealt with, but did fail. Derived, never stored. */
export function isDismissed({ canceledFrom }: Pick<Job, "canceledFrom">): boolean {
  return canceledFrom === "FAILED" || canceledFrom === "UNPROCESSABLE";
}

/** The bounds that every backend keeps. An id has 1 to 2,000 characters, a kind 1 to 64, a priority is within ±100. */
export const MAX_ID_LENGTH = 2_000;
export const MAX_KIND_LENGTH = 64;
export const MAX_PRIORITY = 100;

/** Whether a store could hold this as a kind: rows and views are untrusted. Most such kinds have no handler. */
export function isStorableKind(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_KIND_LENGTH;
}

/** The last millisecond that a JavaScript Date can hold. */
export const MAX_TIME = 8_640_000_000_000_000;

/** Events in the life of a job that are not on the plain path add → claim → complete. */
export const HISTORY_EVENTS = [
  "retried",
  "postponed",
  "exhausted",
  "failed",
  "stalled",
  "crashed",
  "released",
  "canceled",
  "resubmitted",
  "replaced",
  /** Stands for many lines that are no longer kept one by one. */
  "folded",
] as const;

export type HistoryEvent = typeof HISTORY_EVENTS[number];

/** One line of a job's history. */
export interface HistoryEntry {
  readonly at: number;
  readonly event: HistoryEvent;
  readonly lease: number;
  readonly retries: number;
  readonly consumerId: string | null;
  /** An error, or a sentence for people. */
  readonly detail: string | null;
  /** When the job was claimed under this lease; null if no consumer held it. */
  readonly takenAt: number | null;
  /** How long the handler ran, in milliseconds; null if unknown, or if the line is not about an attempt. */
  readonly ranMs: number | null;
  /** The error in full, and what the handler logged; only for the newest attempts. */
  readonly report: string | null;
  readonly log: string | null;
}
