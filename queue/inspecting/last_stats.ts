/** The last statistics of the store, and the warnings about them. */
import type { QueueParts } from "../options.ts";
import { printable } from "../printable.ts";
import type { ParkedKind, StoreStats } from "../store.ts";

export class LastStats {
  readonly #parts: QueueParts;
  /** Kinds without a handler that were reported already. */
  readonly #told = new Set<string>();
  #stats: StoreStats | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Asks the store, remembers what it returns, and reports kinds without a handler. */
  async look(now: number): Promise<StoreStats> {
    const { store, health, events, options: { stallMs } } = this.#parts;
    const stats = await health.observe(store.stats({ now, silentSince: now - stallMs }), "read");
    this.#stats = stats;
    for (const { kind } of stats.parked) {
      if (!this.#told.has(kind)) events.emit({ type: "parked", kind });
      this.#told.add(kind);
    }
    return stats;
  }

  /** The store's warnings, and a sentence for each kind without a handler. */
  get warnings(): string[] {
    const { handlersDir } = this.#parts.options;
    const { warnings = [], parked = [] } = this.#stats ?? {};
    return [...warnings, ...parked.map((one) => aboutParked(one, handlersDir))];
  }
}

function aboutParked({ kind, count }: ParkedKind, handlersDir: string): string {
  const name = printable(kind);
  const jobs = count === 1 ? "1 job waits" : `${count.toLocaleString("en")} jobs wait`;
  return `${jobs} because no handler is named "${name}": add ${name}.ts in ${handlersDir} and restart, or cancel them.`;
}
