/** Waits: for a time of a clock, for the next attempts of jobs, and until nothing is in progress. */
import type { Claimed } from "@persistent-queue/queue";

/** Timers cannot wait longer than 2^31 ms, and the clock may be set meanwhile, so check again after this long. */
const LONGEST_SLEEP_MS = 60_000;
/** At least this many waiting jobs get a heartbeat at once, or a share of them if more: each write takes time. */
const MIN_RENEWED = 500;
const MIN_SHARE = 0.1;
/** The most payload of waiting jobs per consumer, in characters. */
const MAX_CHARS = 64 * 1024 * 1024;

export interface Moment {
  /** In milliseconds of the clock that `now` reads; null = check again after a while. */
  readonly at: number | null;
  readonly now: () => number;
}

/** Calls back at that time, never in the same turn. Returns the function that cancels the call. */
export function atTime({ at, now }: Moment, onDue: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = () => {
    const leftMs = (at ?? now() + LONGEST_SLEEP_MS) - now();
    timer = setTimeout(
      leftMs > LONGEST_SLEEP_MS ? arm : onDue,
      Math.min(Math.max(Math.ceil(leftMs), 1), LONGEST_SLEEP_MS),
    );
  };
  arm();
  return () => clearTimeout(timer);
}

/** The jobs of one consumer that are between two attempts. */
export class WaitingJobs {
  /**
   * Each job with the function that cancels its wait. A job may be here twice: if it was taken from this consumer,
   * which has not yet heard of that, and then came back.
   */
  readonly #waits = new Set<readonly [job: Claimed, cancelTimer: () => void]>();
  /** Where the next round of heartbeats begins. */
  #renewedTo = 0;
  #chars = 0;
  readonly #share: number;

  /** `roundBeats`: the number of beats in which each job gets a heartbeat. */
  constructor(roundBeats = Infinity) {
    this.#share = Math.min(1, Math.max(MIN_SHARE, 1 / roundBeats));
  }

  get size(): number {
    return this.#waits.size;
  }

  /** There is no room for the payloads of more jobs. */
  get isFull(): boolean {
    return this.#chars >= MAX_CHARS;
  }

  get jobs(): Claimed[] {
    return [...this.#waits].map(([job]) => job);
  }

  add(job: Claimed, { onDue, ...moment }: Moment & { readonly onDue: () => void }): void {
    const cancelTimer = atTime(moment, () => {
      this.#remove(wait);
      onDue();
    });
    const wait = [job, cancelTimer] as const;
    this.#waits.add(wait);
    this.#chars += job.payload.length;
  }

  #remove(wait: readonly [job: Claimed, cancelTimer: () => void]): void {
    if (this.#waits.delete(wait)) this.#chars -= wait[0].payload.length;
  }

  /** Ends the waits of these jobs, and returns them. */
  remove(matches: (job: Claimed) => boolean): Claimed[] {
    const removed = [...this.#waits].filter(([job]) => matches(job));
    return removed.map((wait) => {
      const [job, cancelTimer] = wait;
      cancelTimer();
      this.#remove(wait);
      return job;
    });
  }

  /** The rotating part whose heartbeats are due now. */
  toRenew(): Claimed[] {
    const { jobs } = this;
    const from = this.#renewedTo < jobs.length ? this.#renewedTo : 0;
    const most = Math.max(MIN_RENEWED, Math.ceil(jobs.length * this.#share));
    const due = [...jobs.slice(from), ...jobs.slice(0, from)].slice(0, most);
    this.#renewedTo = from + due.length;
    return due;
  }
}

/** Waits until nothing is in progress. */
export class Idleness {
  readonly #isIdle: () => boolean;
  #onIdle = () => {};

  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** Something has ended: checks whether it was the last. */
  check(): void {
    if (this.#isIdle()) this.#onIdle();
  }

  /** Resolves when nothing is in progress, or after `ms`. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.check();
    });
  }
}
