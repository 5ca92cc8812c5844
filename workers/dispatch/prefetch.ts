/**
 * How many jobs a consumer may have in flight: earned, not configured.
 * A message between threads costs more than a tiny job, so tiny jobs travel together. A consumer starts with
 * one job at a time, and gets more only while its recent jobs prove short: so a slow job never holds others
 * up.
 */
import type { Claimed } from "@persistent-queue/queue";

const SHORT_MS = 3;
const FILL_MS = 20;
/** Jobs of one consumer, and results in one of its messages. */
export const MOST_IN_FLIGHT = 128;
const WEIGHT = 0.3;

export class Prefetch {
  #meanMs = Infinity;

  /** `count` jobs took `busyMs` all together. */
  observe(count: number, busyMs: number): void {
    if (count === 0) return;
    const ms = busyMs / count;
    this.#meanMs = Number.isFinite(this.#meanMs) ? this.#meanMs + (ms - this.#meanMs) * WEIGHT : ms;
  }

  /** Trust is lost at once: a job is taking long. */
  forfeit(): void {
    this.#meanMs = Infinity;
  }

  get limit(): number {
    if (this.#meanMs > SHORT_MS) return 1;
    return Math.max(1, Math.min(MOST_IN_FLIGHT, Math.floor(FILL_MS / Math.max(this.#meanMs, 0.001))));
  }
}

/** What `PrefetchReturn` must know of a consumer, and may ask of it. */
interface PrefetchingConsumer {
  readonly inFlight: { readonly size: number };
  /** When it last made progress, on the monotonic clock. */
  readonly progressAt: number;
  readonly isIdle: boolean;
  takeBackUnbegun(options: { isAnyIdle: boolean }): readonly { readonly job: Claimed }[];
}

export interface PrefetchReturnOptions {
  readonly consumers: ReadonlyMap<string, PrefetchingConsumer>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  readonly onBack: (jobs: readonly Claimed[]) => void;
}

/** A consumer still on one job after this gives back what it has not begun. */
const LONG_JOB_MS = 50;
const LOOK_MS = 25;

/**
 * Takes jobs back from consumers that turn out to run a long one, so that others can run them. The consumer
 * need not even be listening: see `tickets.ts`.
 */
export class PrefetchReturn {
  readonly #options: PrefetchReturnOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: PrefetchReturnOptions) {
    this.#options = options;
  }

  /** Checks repeatedly while any consumer has more than one job in flight. */
  watch(): void {
    if (this.#stopped || this.#timer !== undefined || this.#ahead().length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
      this.watch();
    }, LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    const latest = this.#options.clock() - LONG_JOB_MS;
    const slow = this.#ahead().filter((handle) => handle.progressAt < latest);
    // A retry would wait behind all that was added before it, so it goes back only if another consumer is idle.
    const isAnyIdle = [...this.#options.consumers.values()].some(({ isIdle }) => isIdle);
    const back = slow.flatMap((handle) => handle.takeBackUnbegun({ isAnyIdle })).map(({ job }) => job);
    if (back.length > 0) this.#options.onBack(back);
  }

  #ahead(): PrefetchingConsumer[] {
    return [...this.#options.consumers.values()].filter((handle) => handle.inFlight.size > 1);
  }
}
