/** The ends of attempts: collects what threads report, and is the one place that makes outcomes durable. */
import {
  type Attempted,
  type Consumer,
  type Lease,
  messageOf,
  type Outcome,
  RejectedWrite,
  sleep,
  StorageError,
  type Verdict,
} from "@persistent-queue/queue";
import type { Result } from "../protocol.ts";
import { charsOf } from "../thread/results.ts";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";

export interface SettlerOptions {
  readonly queue: Consumer;
  /** Fires when the system stops; from then on, there is not much time. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  /** Called whenever nothing is in progress. */
  readonly onIdle: () => void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** The time between two tries while the system stops. */
const STOPPING_RETRY_MS = 100;

/** Retries while the storage fails: a known outcome is not thrown away. */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #underWay = new Set<readonly Attempted[]>();
  readonly #end = new AbortController();

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Jobs that have ended and are not stored yet: they must not be taken for lost. */
  get leases(): Lease[] {
    return [...this.#underWay].flatMap((attempts) => attempts.map(({ job }) => job));
  }

  /** The stop waits no longer: each outcome that is not stored yet is tried no more than once. */
  giveUp(): void {
    this.#end.abort();
  }

  /** Never throws. No verdicts = not stored: the sweep or the next start will find these jobs. */
  async settle(attempts: readonly Attempted[]): Promise<Verdict[]> {
    if (attempts.length === 0) return [];
    this.#underWay.add(attempts);
    try {
      return await this.#store(attempts);
    } catch (error) {
      this.#options.onError(error);
      return [];
    } finally {
      this.#underWay.delete(attempts);
      if (this.isIdle) this.#options.onIdle();
    }
  }

  /** An outcome that is rejected, or fails twice for an unknown reason, ends its own job for good and fails no others. */
  async #store(attempts: readonly Attempted[]): Promise<Verdict[]> {
    try {
      return await this.#untilStored(attempts);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      const [only, ...others] = attempts;
      const isRejected = error instanceof RejectedWrite && others.length === 0;
      if (isRejected && only !== undefined) return await this.#giveUp(only, error);
      const verdicts: Verdict[] = [];
      for (const attempt of attempts) verdicts.push(...await this.#storeOne(attempt));
      return verdicts;
    }
  }

  async #storeOne(attempt: Attempted): Promise<Verdict[]> {
    try {
      return await this.#untilStored([attempt]);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      return await this.#giveUp(attempt, error);
    }
  }

  async #giveUp({ job }: Attempted, cause: unknown): Promise<Verdict[]> {
    this.#options.onError(cause);
    const outcome = { type: "gave-up", error: `Its outcome cannot be stored: ${messageOf(cause)}` } as const;
    return await this.#untilStored([{ job, outcome }]);
  }

  async #untilStored(attempts: readonly Attempted[]): Promise<Verdict[]> {
    const { queue, signal } = this.#options;
    for (let waitMs = FIRST_RETRY_MS;; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await queue.settle(attempts);
      } catch (error) {
        if (!(error instanceof StorageError) || this.#isHopeless(error)) throw error;
        await (signal.aborted ? sleep(STOPPING_RETRY_MS, this.#end.signal) : sleep(waitMs, signal));
      }
    }
  }

  #isHopeless({ passing }: StorageError): boolean {
    return this.#end.signal.aborted || this.#options.signal.aborted && !passing;
  }
}

// What a thread reports --------------------------------------------------------------------------------------

/** Outcomes that count as failures. A job that asks to be called later has not failed, nor has one that was stopped. */
const FAILURES: readonly Outcome["type"][] = ["threw", "gave-up", "timed-out"];

/** `attempts`: those of the jobs in `ended`, in the same order. `dropped`: canceled jobs, of which nothing is stored. */
interface EndedJobs {
  readonly ended: readonly InFlightJob[];
  readonly attempts: readonly Attempted[];
  readonly dropped: readonly InFlightJob[];
  /** How much text these outcomes hold. */
  readonly chars: number;
}

/** Removes the jobs of these results from the handle, and counts them. */
export function takeEnded(handle: ConsumerHandle, results: readonly Result[]): EndedJobs {
  const ended: InFlightJob[] = [];
  const attempts: Attempted[] = [];
  const dropped: InFlightJob[] = [];
  let calls = 0;
  let busyMs = 0;
  let chars = 0;
  for (const { ticket, outcome, ranMs } of results) {
    busyMs += ranMs ?? 0;
    const inFlight = handle.take(ticket);
    if (inFlight === null) continue;
    if (ranMs !== null) calls += 1;
    // If the lease was lost, the store refuses the outcome and counts it.
    if (inFlight.canceled === "canceled") {
      dropped.push(inFlight);
      continue;
    }
    const attempt = {
      job: inFlight.job,
      outcome: inFlight.canceled === "stopping" ? toStopped(outcome) : outcome,
      ...(ranMs === null ? {} : { ranMs }),
    };
    chars += charsOf(attempt.outcome);
    ended.push(inFlight);
    attempts.push(attempt);
    if (FAILURES.includes(attempt.outcome.type)) handle.failed += 1;
  }
  handle.done += ended.length;
  handle.observe(calls, { busyMs, chars });
  return { ended, attempts, dropped, chars };
}

// Attempts that a stop ended, or that never began --------------------------------------------------------------

/** Never begun: another consumer may run the job, and nothing is recorded. */
export const HANDED_BACK = { type: "handed-back" } as const satisfies Outcome;

export const STOPPED = { type: "stopped", detail: "The system stopped" } as const satisfies Outcome;

/** A handler that was stopped midway may throw anything, so that is not a failed attempt. */
function toStopped(outcome: Outcome): Outcome {
  if (outcome.type === "returned") return outcome;
  return "report" in outcome && outcome.report !== undefined
    ? { ...STOPPED, report: outcome.report }
    : STOPPED;
}
