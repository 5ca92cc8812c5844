const TICK_MS = 20;

/** The longest time for which this process did not run: it plays all the parts, and the time limits of the server go on. */
export class Standstill implements Disposable {
  #longestMs = 0;
  #tickedAt = performance.now();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  #tick(): void {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#tickedAt);
    this.#tickedAt = now;
  }

  /** In milliseconds, since this was made. */
  get longestMs(): number {
    this.#tick();
    return this.#longestMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
