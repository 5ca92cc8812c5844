/**
 * Coalesces reads of the same thing: one at a time, with a minimum interval, and all requests that arrive meanwhile share
 * the next read. So a flood of requests costs no more than a few reads.
 */
import { sleep } from "@persistent-queue/queue";

export interface CoalescedReadsOptions {
  /** Must not throw. */
  readonly read: () => Promise<void>;
  /** From the beginning of one read to the beginning of the next. */
  readonly minIntervalMs: number;
  /** No caller waits longer than this for a read. */
  readonly patienceMs: number;
}

export class CoalescedReads {
  readonly #options: CoalescedReadsOptions;
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #beganAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #scheduledAt = Infinity;
  readonly #closing = new AbortController();

  constructor(options: CoalescedReadsOptions) {
    this.#options = options;
  }

  /** Resolves with true after a read that began after this call, or with false after `patienceMs`. */
  async request(): Promise<boolean> {
    const { patienceMs } = this.#options;
    const isStuck = this.#isRunning && performance.now() - this.#beganAt > patienceMs;
    const next = this.#next ??= this.#inTurn();
    return !isStuck && await within(patienceMs, next);
  }

  /** Reads then, or earlier if an earlier read is already scheduled. */
  requestIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#closing.signal.aborted || this.#scheduledAt <= at) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#scheduledAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#scheduledAt = Infinity;
      this.request();
    }, ms);
  }

  /** Waiting requests continue at once, and no more reads are scheduled. */
  close(): void {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #inTurn(): Promise<void> {
    await this.#running;
    const waitMs = this.#beganAt + this.#options.minIntervalMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, this.#closing.signal);
    this.#next = null;
    this.#beganAt = performance.now();
    this.#isRunning = true;
    this.#running = this.#options.read().finally(() => this.#isRunning = false);
    await this.#running;
  }
}

/** Resolves with true when the work is done, or with false when the time is up; the work then continues. */
export async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), ms);
  return await Promise.race([work.then(() => true), over.promise]).finally(() => clearTimeout(timer));
}
