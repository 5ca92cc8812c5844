/** How soon a slot gets its next thread: at once, unless its lives keep ending young, before they were of any use. */
const FREE_RESTARTS = 3;
/** A life that lasted this long was healthy. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

export interface LifeTold {
  readonly lifeMs: number;
  /** It did some work: a bad job took it down, and such jobs have their own limit. */
  readonly wasUseful: boolean;
}

export class RestartBudget {
  /** Consecutive lives that ended young and useless. */
  #failures = 0;

  /** Takes note of a life that is over. Returns the wait before the next one, in milliseconds. */
  spend({ lifeMs, wasUseful }: LifeTold): number {
    this.#failures = wasUseful || lifeMs >= STABLE_MS ? 0 : this.#failures + 1;
    return this.#delayMs;
  }

  /** Whether restarts are delayed at the moment: the fault is permanent. */
  get isSlow(): boolean {
    return this.#delayMs > 0;
  }

  get #delayMs(): number {
    const paid = this.#failures - FREE_RESTARTS;
    return paid <= 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (paid - 1));
  }
}
