/**
 * Takes jobs back from consumers that turn out to be on a long one, so that others can do them. The consumer need not
 * even listen: see `tickets.ts`.
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

  /** Looks now and then, for as long as somebody has more than one job in hand. */
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
    // In the line a retry would have to wait behind all that was added before it: only whoever is idle has it at once.
    const isAnybodyIdle = [...this.#options.desks.values()].some(({ isIdle }) => isIdle);
    const back = slow.flatMap((desk) => desk.takeBackUnbegun({ isAnybodyIdle })).map(({ job }) => job);
    if (back.length > 0) this.#options.onBack(back);
  }

  #ahead(): Desk[] {
    return [...this.#options.desks.values()].filter((desk) => desk.held.size > 1);
  }
}
