/**
 * The ends of attempts: what a thread reports, what is left of a thread that is gone, and the one place that makes
 * outcomes durable.
 */
import {
  type AttemptReport,
  type Claimed,
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
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";

export interface Attempted {
  readonly job: Claimed;
  readonly outcome: Outcome;
}

export interface SettlerOptions {
  readonly queue: Consumer;
  /** Fires when the system stops: from then on each outcome is tried once. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  /** Called whenever nothing is under way. */
  readonly onIdle: () => void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** Keeps trying while the storage fails: a known outcome is not thrown away. */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #underWay = new Set<readonly Attempted[]>();

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

  /** Never throws. No verdicts = not stored: the sweep or the next start finds these jobs. */
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

  /** An outcome that is rejected, or fails twice for an unknown reason, fails no others, and ends its job for good. */
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
    const outcome = { type: "gave-up", error: `Its ending cannot be stored: ${messageOf(cause)}` } as const;
    return await this.#untilStored([{ job, outcome }]);
  }

  async #untilStored(attempts: readonly Attempted[]): Promise<Verdict[]> {
    const { queue, signal } = this.#options;
    for (let waitMs = FIRST_RETRY_MS;; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await queue.settle(attempts);
      } catch (error) {
        if (!(error instanceof StorageError) || signal.aborted) throw error;
        await sleep(waitMs, signal);
      }
    }
  }
}

// What a thread reports --------------------------------------------------------------------------------------

export interface Ended {
  readonly inFlight: InFlightJob;
  readonly outcome: Outcome;
}

/** A job that asks to be called later has not failed, nor has one that was stopped. */
const FAILURES: readonly Outcome["type"][] = ["threw", "gave-up", "timed-out"];

/** Removes the jobs of these results from the handle, and counts them. */
export function takeEnded(handle: ConsumerHandle, results: readonly Result[], busyMs: number) {
  const outcomes = new Map(results.map(({ ticket, outcome }) => [ticket, outcome]));
  const ended: Ended[] = [];
  const dropped: InFlightJob[] = [];
  for (const inFlight of handle.take([...outcomes.keys()], busyMs)) {
    const outcome = outcomes.get(inFlight.ticket);
    // Where the lease was lost the store refuses, and that is counted.
    if (outcome === undefined || inFlight.canceled === "canceled") dropped.push(inFlight);
    else ended.push({ inFlight, outcome: inFlight.canceled === "stopping" ? toStopped(outcome) : outcome });
  }
  handle.done += ended.length;
  handle.failed += ended.filter(({ outcome }) => FAILURES.includes(outcome.type)).length;
  return { ended, dropped };
}

// What is left of a thread that is gone -----------------------------------------------------------------------

/** Never begun: another consumer may run it, and nothing is recorded. */
export const HANDED_BACK = { type: "handed-back" } as const satisfies Outcome;

export const STOPPED = { type: "stopped", detail: "The system stopped" } as const satisfies Outcome;

/** A handler stopped midway may throw anything: that is not a failed attempt. */
function toStopped(outcome: Outcome): Outcome {
  if (outcome.type === "returned") return outcome;
  return "report" in outcome && outcome.report !== undefined
    ? { ...STOPPED, report: outcome.report }
    : STOPPED;
}

export interface EndOfConsumer {
  readonly type: "crashed" | "stalled" | "stopped";
  readonly detail: string;
  /** The ticket of the job to blame, or null for none; found out unless given. */
  readonly guilty?: number | null;
}

/**
 * Clears the handle of a consumer that is gone: its jobs, and how each of them ended. Unless the one to blame
 * is given, it is the running job, or else one whose end was not reported.
 */
export function abandonedJobs(handle: ConsumerHandle, end: EndOfConsumer, now: number): Attempted[] {
  const { type, detail } = end;
  const { unbegun, waiting } = handle.clear();
  const inFlight = [...handle.inFlight.values()];
  const begun = inFlight.filter(({ canceled }) => canceled === null || canceled === "stopping");
  const culprit = culpritOf(handle, { inFlight, begun, end });
  return [
    ...unbegun.map((job) => ({ job, outcome: HANDED_BACK })),
    ...begun.map((one) => ({
      job: one.job,
      // Its log lines are only in the consumer's log: its thread is gone.
      outcome: { guilty: one === culprit, type, detail, report: ranFor(now - one.givenAt) },
    })),
    ...waiting.map((job) => ({ job, outcome: { guilty: false, type, detail } })),
  ];
}

function ranFor(ms: number): AttemptReport {
  return { ranMs: Math.max(0, Math.round(ms)), detail: null, log: null };
}

interface LeftOver {
  readonly inFlight: readonly InFlightJob[];
  readonly begun: readonly InFlightJob[];
  readonly end: EndOfConsumer;
}

function culpritOf(
  handle: ConsumerHandle,
  { inFlight, begun, end: { type, guilty } }: LeftOver,
): InFlightJob | undefined {
  if (guilty !== undefined) return inFlight.find(({ ticket }) => ticket === guilty);
  const underWay = inFlight.find(({ ticket }) => handle.tickets.isUnderWay(ticket));
  // A thread falls silent with the first report that is missing, and dies of the last.
  return underWay ?? begun.at(type === "stalled" ? 0 : -1);
}
