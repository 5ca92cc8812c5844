/** The last statistics of the store, and the warnings about them. */
import type { Events } from "./events.ts";
import { printable } from "./printable.ts";
import type { ParkedKind, StoreStats } from "./store.ts";

export class LastStats {
  readonly #events: Events;
  /** Kinds without a handler that were reported already. */
  readonly #told = new Set<string>();
  #stats: StoreStats | null = null;

  constructor(events: Events) {
    this.#events = events;
  }

  /** Remembers the statistics, and returns them. */
  note(stats: StoreStats): StoreStats {
    this.#stats = stats;
    for (const { kind } of stats.parked) {
      if (!this.#told.has(kind)) this.#events.emit({ type: "parked", kind });
      this.#told.add(kind);
    }
    return stats;
  }

  /** The store's warnings, and a sentence for each kind without a handler. */
  warnings(handlersDir: string): string[] {
    const { warnings = [], parked = [] } = this.#stats ?? {};
    return [...warnings, ...parked.map((one) => aboutParked(one, handlersDir))];
  }
}

function aboutParked({ kind, count }: ParkedKind, handlersDir: string): string {
  const name = printable(kind);
  const jobs = count === 1 ? "1 job waits" : `${count.toLocaleString("en")} jobs wait`;
  return `${jobs} because no handler is named "${name}": add ${name}.ts in ${handlersDir} and restart, or cancel them.`;
}
