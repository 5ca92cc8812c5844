/**
 * Grants at most `limit` slots at a time. Other callers wait in line, lowest rank first. Among equal ranks the latest
 * goes first, because under a flood the clients of old requests have mostly gone away.
 */

interface Waiting {
  readonly rank: number;
  /** Called with false when the place in line goes to another caller. */
  readonly enter: (isTheirTurn: boolean) => void;
}

export class Semaphore {
  /** The waiting callers, in the order in which they will get a slot. */
  readonly #waiting: Waiting[] = [];
  readonly #maxWaiting: number;
  #free: number;

  constructor(limit: number, options: { maxWaiting?: number } = {}) {
    this.#free = limit;
    this.#maxWaiting = options.maxWaiting ?? 0;
  }

  /**
   * Waits for a slot, which the caller gives back with `release`. Returns false if the signal aborts, or if the line is
   * full of callers with a lower rank or with the same rank that came later.
   */
  async take(
    { rank = 0, signal }: { rank?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<boolean> {
    if (signal?.aborted) return false;
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    const { promise, resolve: enter } = Promise.withResolvers<boolean>();
    const waiting = { rank, enter };
    const leave = () => this.#leave(waiting);
    signal?.addEventListener("abort", leave);
    const behind = this.#waiting.findIndex((other) => other.rank >= rank);
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, waiting);
    if (this.#waiting.length > this.#maxWaiting) this.#waiting.pop()?.enter(false);
    return await promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  #leave(one: Waiting): void {
    const place = this.#waiting.indexOf(one);
    if (place >= 0) this.#waiting.splice(place, 1);
    one.enter(false);
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.enter(true);
  }
}
