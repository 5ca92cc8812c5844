const TICK_MS = 20;

/** The longest time that this process, which plays all the parts, did not run while the server's timeouts went on. */
export class Standstill implements Disposable {
  #longestMs = 0;
  #tickedAt = performance.now();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  #tick(): void {
    const now = performance.now();
    this.#longestMs = Math.max(this.#longestMs, now - this.#tickedAt);
    this.#tickedAt = now;
  }

  /** In milliseconds, since this object was created. */
  get longestMs(): number {
    this.#tick();
    return this.#longestMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
