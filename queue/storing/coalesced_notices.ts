/** Notices of changes that come often: the first goes out at once, and all that follow soon after it share one. */

/** A process that reads after each notice reads at most twenty times a second. */
const INTERVAL_MS = 50;

export class CoalescedNotices {
  readonly #send: () => void;
  #sentAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(send: () => void) {
    this.#send = send;
  }

  /** Something has changed. */
  note(): void {
    if (this.#timer !== null) return;
    const waitMs = this.#sentAt + INTERVAL_MS - performance.now();
    if (waitMs <= 0) this.#sendNow();
    else this.#timer = setTimeout(() => this.#sendNow(), waitMs);
  }

  /** Sends the notice that is still pending, if any. */
  flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#sendNow();
  }

  /** Drops it instead. */
  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #sendNow(): void {
    this.#timer = null;
    this.#sentAt = performance.now();
    this.#send();
  }
}
