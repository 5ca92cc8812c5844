/** Makes heartbeats durable, and reports leases that were lost. */
import { type Consumer, type Lease, StorageError } from "@persistent-queue/queue";
import type { Desk } from "./desk.ts";

export interface RenewalOptions {
  readonly queue: Consumer;
  /** This job is no longer this consumer's. */
  readonly onLost: (desk: Desk, lease: Lease) => void;
  readonly onError: (error: unknown) => void;
}

/** Threads beat at the same moment, and their messages arrive within some milliseconds. */
const TOGETHER_MS = 10;

export class Renewal {
  readonly #options: RenewalOptions;
  /** One at a time per desk: while the storage is locked they would only pile up. */
  readonly #underWay = new Set<Desk>();
  readonly #due = new Set<Desk>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
  }

  /** Shares the write with all heartbeats that are due at the same moment. */
  renew(desk: Desk): void {
    // A thread that is closing down keeps beating.
    if (this.#stopped) return;
    this.#due.add(desk);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const one of this.#due) this.#renewNow(one);
      this.#due.clear();
    }, TOGETHER_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #renewNow(desk: Desk): Promise<void> {
    if (this.#underWay.has(desk)) return;
    const leases = desk.leasesToRenew();
    if (leases.length === 0) return;
    const { queue, onLost, onError } = this.#options;
    this.#underWay.add(desk);
    try {
      const held = await queue.renew(leases);
      for (const [i, lease] of leases.entries()) if (held[i] === false) onLost(desk, lease);
    } catch (error) {
      // A heartbeat that cannot be stored does no harm: the next one comes in a second.
      if (!(error instanceof StorageError)) onError(error);
    } finally {
      this.#underWay.delete(desk);
    }
  }
}
