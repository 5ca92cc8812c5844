/** What a handler is. A team adds a kind of job by adding one file to `handlers/`. */
import { DAY_MS } from "@persistent-queue/queue/basics";

/** The job as its handler sees it. */
export interface HandlerJob {
  readonly id: string;
  readonly kind: string;
  /** The caller's payload, parsed. */
  readonly payload: unknown;
  /** Grows with each claim: together with `id`, the key for effects that must happen only once. */
  readonly lease: number;
  readonly consumerId: string;
}

export interface HandlerSettings {
  /** An absolute path. */
  readonly filesDir: string;
  /** The folder in which the system was started: the relative ids of file jobs start from it. */
  readonly startDir: string;
  readonly workMs: number;
  /** Other hosts may work on the queue too, so the files must be in a folder that all of them share. */
  readonly severalHosts: boolean;
}

export interface HandlerContext {
  /** Fires when the job is canceled, lost or past its deadline, and when the system stops. */
  readonly signal: AbortSignal;
  /** Starts at 1. */
  readonly attempt: number;
  /** Writes a line to the consumer's log: strings as they are, other values as `inspect` shows them. */
  readonly log: (...values: unknown[]) => void;
  readonly settings: HandlerSettings;
}

/**
 * Does the work. The return value is stored as the job's result, as JSON. A thrown error is a failed attempt, which is
 * retried. Throw `GiveUp` if a retry is useless, and `RetryLater` to be called again without using up a retry.
 */
export type Handler = (job: HandlerJob, context: HandlerContext) => unknown;

/** What a file in `handlers/` exports. */
export interface HandlerModule {
  readonly handler: Handler;
  /** After this long the signal fires and the attempt counts as failed; 24 days at most. No deadline unless given. */
  readonly deadlineMs?: number;
}

/** A retry is useless: the job becomes FAILED. */
export class GiveUp extends Error {
  override readonly name: string = "GiveUp";

  static override [Symbol.hasInstance](thrown: unknown): thrown is GiveUp {
    return isInstance(thrown, this, this === GiveUp ? "GiveUp" : null);
  }
}

/** Not now: the job is retried after `delayMs`, and no retry is used up. */
export class RetryLater extends Error {
  override readonly name: string = "RetryLater";
  constructor(readonly delayMs: number, message = "The handler asked to be called later") {
    super(message);
    if (!isDelay(delayMs)) throw new RangeError(NO_DELAY);
  }

  static override [Symbol.hasInstance](thrown: unknown): thrown is RetryLater {
    return isInstance(thrown, this, this === RetryLater ? "RetryLater" : null);
  }
}

const { [Symbol.hasInstance]: hasInPrototypes } = Function.prototype;

/**
 * An error of the class or of a subclass, whatever its name. `name`: the errors of this name are instances too, because
 * the handlers' project may have its own copy of this file, whose errors mean the same.
 */
function isInstance(thrown: unknown, type: unknown, name: string | null): boolean {
  try {
    return hasInPrototypes.call(type, thrown) || thrown instanceof Error && thrown.name === name;
  } catch {
    // A proxy, or a name that throws.
    return false;
  }
}

export const NO_DELAY =
  "RetryLater takes a number of milliseconds, from 0 to ten years; a Retry-After header holds a text, and seconds";

/** Ten years: a longer delay is a timestamp by mistake, or has the wrong unit. */
const LONGEST_DELAY_MS = 10 * 365 * DAY_MS;

/** Handlers are not always type-checked, and an error can be changed before it is thrown. */
export function isDelay(ms: unknown): ms is number {
  return typeof ms === "number" && ms >= 0 && ms <= LONGEST_DELAY_MS;
}
