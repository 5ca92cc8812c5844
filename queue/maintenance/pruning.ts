/** Removes jobs that finished long enough ago, some milliseconds a turn and at most a tenth of the time. */
import { yieldToEventLoop } from "../yield_to_event_loop.ts";
import type { Store } from "../store.ts";

const PRUNE_LIMIT = 200;
const PRUNE_BUDGET_MS = 1_000;
const MOST_IDLE_PAGES = 50;

export class Pruning {
  readonly #prune: Store["prune"];
  readonly #onRemoved: (ids: readonly string[]) => void;
  #after = 0;

  constructor(prune: Store["prune"], onRemoved: (ids: readonly string[]) => void) {
    this.#prune = prune;
    this.#onRemoved = onRemoved;
  }

  /** Removes jobs that finished before that time, for a second at most. Returns how many were removed. */
  async run(before: number): Promise<number> {
    const deadline = performance.now() + PRUNE_BUDGET_MS;
    let count = 0;
    let idlePages = 0;
    for (;;) {
      const { removed, next } = await this.#prune({ before, after: this.#after, limit: PRUNE_LIMIT });
      this.#after = next;
      count += removed.length;
      if (removed.length > 0) this.#onRemoved(removed);
      // If nothing is old, this goes through the store slowly, sweep by sweep; if much is, as fast as allowed.
      idlePages = removed.length === 0 ? idlePages + 1 : 0;
      if (this.#after === 0 || idlePages >= MOST_IDLE_PAGES || performance.now() >= deadline) return count;
      await yieldToEventLoop();
    }
  }
}
