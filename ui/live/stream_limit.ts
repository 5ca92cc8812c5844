/**
 * Places for those who watch. One who reads nothing cannot be told from one who does: the buffers of the operating
 * system swallow some megabytes, minutes of a busy page and hours of a quiet one, before a write waits. So when all
 * places are taken the oldest gives way, if it has been there for a while: a page that lives comes back within
 * seconds, and finds the place of another.
 */
export interface StreamPlacesOptions {
  /** How many may watch at once. */
  readonly limit: number;
  /** A stream younger than this does not give way, or a crowd would do nothing but push. */
  readonly settledMs?: number;
}

export class StreamPlaces {
  /** When each came, by the monotonic clock; the oldest first. */
  readonly #since = new Map<AbortController, number>();
  readonly #limit: number;
  readonly #settledMs: number;

  constructor({ limit, settledMs = 60_000 }: StreamPlacesOptions) {
    this.#limit = limit;
    this.#settledMs = settledMs;
  }

  /** False when there is no place, now or soon. One that was given must be left with `leave`; when aborted, at once. */
  take(controller: AbortController): boolean {
    if (this.#since.size >= this.#limit && !this.#makeRoom()) return false;
    this.#since.set(controller, performance.now());
    return true;
  }

  leave(controller: AbortController): void {
    this.#since.delete(controller);
  }

  #makeRoom(): boolean {
    const [oldest] = this.#since;
    if (oldest === undefined) return false;
    const [controller, since] = oldest;
    if (performance.now() - since < this.#settledMs) return false;
    this.#since.delete(controller);
    controller.abort();
    return true;
  }
}
