/**
 * Removes jobs that finished longer ago than the retention period. Each sweep begins with the first jobs of the store,
 * because that is where most old jobs are. In addition a slow walk goes through the whole store, sweep by sweep, for
 * old jobs that stand behind others that are kept.
 */
import { yieldToEventLoop } from "../basics/time.ts";
import type { QueueParts } from "../options.ts";

/** How many jobs one turn looks at: as many as take this long, since on some backends all other work waits for it. */
const MIN_LIMIT = 200;
const MAX_LIMIT = 1_000;
const TURN_MS = 20;
/** After this many kept jobs in a row, the walk pauses until the next sweep. */
const MAX_KEPT = 10_000;
/** How long one sweep prunes at most, and how long while it finds jobs to remove: a third of the time. */
const BUDGET_MS = 1_000;
const BACKLOG_BUDGET_MS = 4_000;

export class Pruning {
  readonly #parts: QueueParts;
  /** Where the walk will continue. */
  #walkedTo = 0;
  #limit = MIN_LIMIT;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Returns how many jobs were removed. */
  async prune(olderThanMs: number): Promise<number> {
    const look = { olderThanMs, since: performance.now() };
    const first = await this.#pruneFrom(0, look);
    if (first.next === 0) {
      this.#walkedTo = 0;
      return first.count;
    }
    const walk = await this.#pruneFrom(Math.max(first.next, this.#walkedTo), look);
    this.#walkedTo = walk.next;
    return first.count + walk.count;
  }

  /** `next`: where to continue, 0 at the end of the store. */
  async #pruneFrom(
    after: number,
    { olderThanMs, since }: { readonly olderThanMs: number; readonly since: number },
  ): Promise<{ count: number; next: number }> {
    let [count, kept, next] = [0, 0, after];
    for (;;) {
      const limit = this.#limit;
      const removed = await this.#turn({ olderThanMs, after: next, limit });
      next = removed.next;
      count += removed.count;
      kept = removed.count === 0 ? kept + limit : 0;
      const budgetMs = removed.count === 0 ? BUDGET_MS : BACKLOG_BUDGET_MS;
      if (next === 0 || kept >= MAX_KEPT || performance.now() - since >= budgetMs) return { count, next };
      await yieldToEventLoop();
    }
  }

  async #turn(request: { olderThanMs: number; after: number; limit: number }) {
    const { store, health, events } = this.#parts;
    const since = performance.now();
    const { removed, next } = await health.observe(store.prune(request));
    const wasQuick = performance.now() - since < TURN_MS;
    this.#limit = wasQuick
      ? Math.min(this.#limit * 2, MAX_LIMIT)
      : Math.max(Math.floor(this.#limit / 2), MIN_LIMIT);
    if (removed.length > 0) events.emit({ type: "removed", ids: removed });
    return { count: removed.length, next };
  }
}
