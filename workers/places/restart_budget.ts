/** How soon a place is filled again: at once, unless its lives keep ending young. */
const FREE_RESTARTS = 3;
const WINDOW_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

export class RestartBudget {
  #deaths: number[] = [];
  #delayMs = 0;

  /** The wait before the next life, in milliseconds. `now` is monotonic. */
  spend(now: number): number {
    this.#deaths = this.#deaths.filter((at) => at > now - WINDOW_MS - this.#delayMs);
    this.#deaths.push(now);
    if (this.#deaths.length <= FREE_RESTARTS) this.#delayMs = 0;
    else this.#delayMs = Math.min(LONGEST_DELAY_MS, this.#delayMs === 0 ? FIRST_DELAY_MS : this.#delayMs * 2);
    return this.#delayMs;
  }

  /** Whether it is slowed down at the moment: something is wrong for good. */
  get isSlow(): boolean {
    return this.#delayMs > 0;
  }
}
