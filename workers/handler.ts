/** What a handler is: a team adds a kind of job by adding one file to `handlers/`. */
import { DAY_MS } from "@persistent-queue/queue/basics";

/** The job as its handler sees it. */
export interface HandlerJob {
  readonly id: string;
  readonly kind: string;
  /** What the caller gave, parsed. */
  readonly payload: unknown;
  /** Together with `id` the key for effects that must happen only once: it grows with each claim. */
  readonly lease: number;
  readonly consumerId: string;
}

export interface HandlerSettings {
  /** An absolute path. */
  readonly filesDir: string;
  /** The folder of the start; the relative ids of file jobs start from it. */
  readonly startDir: string;
  readonly workMs: number;
  /** Other hosts may work on the queue too, so its files have to be in a folder that all of them share. */
  readonly severalHosts: boolean;
}

export interface HandlerContext {
  /** Fires when the job is canceled, lost or past its deadline, and when the system stops. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Writes a line to the consumer's log: strings as they are, other values as inspected. */
  readonly log: (...values: unknown[]) => void;
  readonly settings: HandlerSettings;
}

/**
 * Does the work. The return value is kept as the job's result, as JSON; a thrown error is a failed attempt,
 * which is tried again. Throw `GiveUp` where that is useless, and `RetryLater` to be called again without
 * using up a retry.
 */
export type Handler = (job: HandlerJob, context: HandlerContext) => unknown;

/** What a file in `handlers/` exports. */
export interface HandlerModule {
  readonly handler: Handler;
  /** After this long the signal fires and the attempt counts as failed; 24 days at most. No deadline unless given. */
  readonly deadlineMs?: number;
}

/** Trying again is useless: the job becomes FAILED. */
export class GiveUp extends Error {
  override readonly name = "GiveUp";

  static override [Symbol.hasInstance](thrown: unknown): thrown is GiveUp {
    return this === GiveUp ? isNamed(thrown, "GiveUp") : super[Symbol.hasInstance](thrown);
  }
}

/** Not now: the job is tried again after `delayMs`, and no retry is used up. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  constructor(readonly delayMs: number, message = "The handler asked to be called later") {
    super(message);
    if (!isDelay(delayMs)) throw new RangeError(NO_DELAY);
  }

  static override [Symbol.hasInstance](thrown: unknown): thrown is RetryLater {
    return this === RetryLater ? isNamed(thrown, "RetryLater") : super[Symbol.hasInstance](thrown);
  }
}

/** Compared by name: the handlers' project may hold a copy of this file, and its errors mean the same. */
function isNamed(thrown: unknown, name: string): boolean {
  try {
    return thrown instanceof Error && thrown.name === name;
  } catch {
    // A proxy, or a name that throws.
    return false;
  }
}

export const NO_DELAY =
  "RetryLater takes a number of milliseconds, from 0 to ten years; a Retry-After header holds a text, and seconds";

/** Ten years: a longer delay is a point in time by mistake, or has the wrong unit. */
const LONGEST_DELAY_MS = 10 * 365 * DAY_MS;

/** Handlers are not always type-checked, and an error can be changed before it is thrown. */
export function isDelay(ms: unknown): ms is number {
  return typeof ms === "number" && ms >= 0 && ms <= LONGEST_DELAY_MS;
}
