/**
 * Takes jobs back from consumers that turn out to run a long one, so that others can run them. The consumer
 * need not even be listening: see `tickets.ts`.
 */
import type { Claimed } from "@persistent-queue/queue";
import type { ConsumerHandle } from "./consumer_handle.ts";

export interface PrefetchReturnOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  readonly onBack: (jobs: readonly Claimed[]) => void;
}

/** A consumer still on one job after this gives back what it has not begun. */
const LONG_JOB_MS = 50;
const LOOK_MS = 25;

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

  #ahead(): ConsumerHandle[] {
    return [...this.#options.consumers.values()].filter((handle) => handle.inFlight.size > 1);
  }
}
