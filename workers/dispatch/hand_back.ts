/**
 * Takes jobs back from consumers that turn out to run a long one, so that others can run them. The consumer
 * need not even be listening: see `tickets.ts`.
 */
import type { Claimed } from "@persistent-queue/queue";
import type { Desk } from "./desk.ts";

export interface HandBackOptions {
  readonly desks: ReadonlyMap<string, Desk>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  readonly onBack: (jobs: readonly Claimed[]) => void;
}

/** A consumer still on one job after this gives back what it has not begun. */
const LONG_JOB_MS = 50;
const LOOK_MS = 25;

export class HandBack {
  readonly #options: HandBackOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: HandBackOptions) {
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
    const slow = this.#ahead().filter((desk) => desk.progressAt < latest);
    // A retry would wait behind all that was added before it, so it goes back only if another consumer is idle.
    const isAnybodyIdle = [...this.#options.desks.values()].some(({ isIdle }) => isIdle);
    const back = slow.flatMap((desk) => desk.takeBackUnbegun({ isAnybodyIdle })).map(({ job }) => job);
    if (back.length > 0) this.#options.onBack(back);
  }

  #ahead(): Desk[] {
    return [...this.#options.desks.values()].filter((desk) => desk.held.size > 1);
  }
}
