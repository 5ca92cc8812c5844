/**
 * How many jobs a consumer may have in flight: earned, not configured.
 * A message between threads costs more than a tiny job, so tiny jobs travel together. A consumer starts with
 * one job at a time, and gets more only while its recent jobs prove short: so a slow job never holds others
 * up.
 */
const SHORT_MS = 3;
const FILL_MS = 20;
const MOST = 128;
const WEIGHT = 0.3;

export class Prefetch {
  #meanMs = Infinity;

  /** `count` jobs took `busyMs` all together. */
  observe(count: number, busyMs: number): void {
    if (count === 0) return;
    const ms = busyMs / count;
    this.#meanMs = Number.isFinite(this.#meanMs) ? this.#meanMs + (ms - this.#meanMs) * WEIGHT : ms;
  }

  /** Trust is lost at once: a job is taking long. */
  forfeit(): void {
    this.#meanMs = Infinity;
  }

  get limit(): number {
    if (this.#meanMs > SHORT_MS) return 1;
    return Math.max(1, Math.min(MOST, Math.floor(FILL_MS / Math.max(this.#meanMs, 0.001))));
  }
}
