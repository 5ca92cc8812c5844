/**
 * Looks at the same thing for many: one at a time, not more often than the time between two allows, and those who ask
 * meanwhile share the next one. So a flood of questions costs no more than a few.
 */
import { sleep } from "@persistent-queue/queue";

export interface LooksOptions {
  /** Must not throw. */
  readonly look: () => Promise<void>;
  /** From the beginning of one to that of the next. */
  readonly betweenMs: number;
  /** No caller waits longer for one. */
  readonly patienceMs: number;
}

export class Looks {
  readonly #options: LooksOptions;
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #beganAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #plannedAt = Infinity;
  readonly #closing = new AbortController();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Resolves with true after a look that began after this call, or with false when patience ends. */
  async ask(): Promise<boolean> {
    const { patienceMs } = this.#options;
    const isStuck = this.#isRunning && performance.now() - this.#beganAt > patienceMs;
    const next = this.#next ??= this.#inTurn();
    return !isStuck && await within(patienceMs, next);
  }

  /** Looks then, or earlier if that is planned already. */
  askIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#closing.signal.aborted || this.#plannedAt <= at) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#plannedAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#plannedAt = Infinity;
      this.ask();
    }, ms);
  }

  /** Those who wait for their turn go on at once, and nothing is planned any more. */
  close(): void {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #inTurn(): Promise<void> {
    await this.#running;
    const waitMs = this.#beganAt + this.#options.betweenMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, this.#closing.signal);
    this.#next = null;
    this.#beganAt = performance.now();
    this.#isRunning = true;
    this.#running = this.#options.look().finally(() => this.#isRunning = false);
    await this.#running;
  }
}

/** Resolves with true when the work is done, or with false when the time is over; the work goes on then. */
export async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), ms);
  return await Promise.race([work.then(() => true), over.promise]).finally(() => clearTimeout(timer));
}
