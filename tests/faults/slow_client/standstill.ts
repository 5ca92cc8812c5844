const TICK_MS = 20;

/** For how long this process did nothing, at most: where it plays all the parts, a server's patience goes on meanwhile. */
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
