/** Errors that a caller is expected to catch. Each message is a sentence that says what to do. */

/** A short, stable name for scripts. */
export type ErrorCode =
  | "invalid_job"
  | "unknown_kind"
  | "duplicate_job"
  | "unknown_job"
  | "illegal_move"
  | "invalid_query"
  | "busy"
  | "unsupported"
  | "rejected"
  | "storage";

export class QueueError extends Error {
  override readonly name: string = "QueueError";
  constructor(readonly code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The database failed: full, locked, damaged, foreign, newer, in use. Exit code 74, HTTP 503. */
export class StorageError extends QueueError {
  override readonly name = "StorageError";
  /** Whether the error may go away by itself: locked, full, an input/output error. */
  readonly passing: boolean;
  /** Whether the server does not let this user in. If it did before, a person may be changing that right now. */
  readonly refused: boolean;
  /** Whether it affects only some jobs, such as one that another program has locked: the storage itself works. */
  readonly ofSomeJobs: boolean;
  /** Whether it only keeps jobs from being added: those that are stored go on. */
  readonly ofNewJobs: boolean;
  /** A try holds others up: the next one must not come sooner. Null: it may come at any time. */
  readonly pauseMs: number | null;
  /** The reason as shown without a login: it names no file. */
  readonly publicMessage: string;
  constructor(
    message: string,
    {
      passing = false,
      refused = false,
      ofSomeJobs = false,
      ofNewJobs = false,
      pauseMs = null,
      publicMessage = NO_DETAIL,
      ...options
    }: ErrorOptions & StorageErrorFacts = {},
  ) {
    super("storage", message, options);
    this.passing = passing;
    this.refused = refused;
    this.ofSomeJobs = ofSomeJobs;
    this.ofNewJobs = ofNewJobs;
    this.pauseMs = pauseMs;
    this.publicMessage = publicMessage;
  }
}

interface StorageErrorFacts {
  readonly passing?: boolean;
  readonly refused?: boolean;
  readonly ofSomeJobs?: boolean;
  readonly ofNewJobs?: boolean;
  readonly pauseMs?: number | null;
  readonly publicMessage?: string;
}

export const NO_DETAIL = "The storage does not work: the pages and the log say why.";

/**
 * A write violated a rule of the store, such as the bounds of a number or a trigger added by hand, and was not made. A
 * retry would fail too. Writes of other calls are not affected.
 */
export class RejectedWrite extends QueueError {
  override readonly name = "RejectedWrite";
  constructor(message: string, options?: ErrorOptions) {
    super("rejected", message, options);
  }
}

/** @throws the given error, unless it may go away by itself */
export function assertPassing(error: unknown): asserts error is StorageError {
  if (!(error instanceof StorageError && error.passing)) throw error;
}

/** The message of any thrown value: handlers may throw anything, even values that cannot be converted to text. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "An error that cannot be described";
  }
}
