/** How soon a place is filled again: at once, unless its lives keep ending young, before they were of any use. */
const FREE_RESTARTS = 3;
/** Whoever lived for this long was well. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

export interface LifeTold {
  readonly lifeMs: number;
  /** It did some work: a bad job took it down, and that job has a limit of its own. */
  readonly wasUseful: boolean;
}

export class RestartBudget {
  /** Lives in a row that ended young and useless. */
  #failures = 0;

  /** A life is over: the wait before the next one, in milliseconds. */
  spend({ lifeMs, wasUseful }: LifeTold): number {
    this.#failures = wasUseful || lifeMs >= STABLE_MS ? 0 : this.#failures + 1;
    return this.#delayMs;
  }

  /** Whether it is slowed down at the moment: something is wrong for good. */
  get isSlow(): boolean {
    return this.#delayMs > 0;
  }

  get #delayMs(): number {
    const paid = this.#failures - FREE_RESTARTS;
    return paid <= 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (paid - 1));
  }
}
