/** The latest statistics of the store, and the warnings in them. */
import { printable } from "../basics/text.ts";
import type { Durability } from "../durability.ts";
import { QUEUE_DEFAULTS, type QueueParts } from "../options.ts";
import type { ParkedKind, StoreStats } from "../store.ts";

export class LastStats {
  readonly #parts: QueueParts;
  /** Kinds without a handler that were already reported. */
  readonly #reported = new Set<string>();
  #stats: StoreStats | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Asks the store, remembers the answer, and reports new kinds without a handler. */
  async look(): Promise<StoreStats> {
    const { store, health, events, options: { stallMs } } = this.#parts;
    const stats = await health.observe(store.stats({ silentForMs: stallMs }), "read");
    this.#stats = stats;
    for (const { kind } of this.#withoutHandler(stats)) {
      if (!this.#reported.has(kind)) events.emit({ type: "parked", kind });
      this.#reported.add(kind);
    }
    return stats;
  }

  /** As of the last `look`; `unknown` before the first. */
  get durability(): Durability {
    return this.#stats?.durability ?? "unknown";
  }

  /** Of waiting jobs, as of the last `look`. */
  get parkedKinds(): string[] {
    return this.#stats?.parked.map(({ kind }) => kind) ?? [];
  }

  /** The store's warnings, and a sentence for each kind without a handler. */
  get warnings(): string[] {
    const handlersDir = this.#parts.options.handlersDir ?? QUEUE_DEFAULTS.handlersDir;
    const parked = this.#stats === null ? [] : this.#withoutHandler(this.#stats);
    return [...this.#stats?.warnings ?? [], ...parked.map((one) => parkedWarning(one, handlersDir))];
  }

  /** A kind whose handler is there and cannot be loaded has a warning of its own. */
  #withoutHandler({ parked }: StoreStats): ParkedKind[] {
    return parked.filter(({ kind }) => !this.#parts.options.kinds.includes(kind));
  }
}

function parkedWarning({ kind, count }: ParkedKind, handlersDir: string): string {
  const name = printable(kind);
  const jobs = count === 1 ? "1 job waits" : `${count.toLocaleString("en")} jobs wait`;
  return `${jobs} because no handler is named "${name}": add ${name}.ts in ${handlersDir} and restart, or cancel ${
    count === 1 ? "it" : "them"
  }.`;
}
