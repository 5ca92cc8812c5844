/** Makes heartbeats durable, and reports leases that were lost. */
import { type Consumer, type Lease, StorageError } from "@persistent-queue/queue";
import type { ConsumerHandle } from "./consumer_handle.ts";

export interface HeartbeatsOptions {
  readonly queue: Consumer;
  /** The consumer no longer owns this job. */
  readonly onLost: (handle: ConsumerHandle, lease: Lease) => void;
  readonly onError: (error: unknown) => void;
}

/** Threads send their heartbeats at the same moment, and the messages arrive within a few milliseconds. */
const BATCH_MS = 10;

export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  /** At most one write per handle: while the storage is locked they would only pile up. */
  readonly #underWay = new Set<ConsumerHandle>();
  readonly #due = new Set<ConsumerHandle>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
  }

  /** Shares one write with all heartbeats that are due at the same moment. */
  renew(handle: ConsumerHandle): void {
    // A thread that is closing still sends heartbeats.
    if (this.#stopped) return;
    this.#due.add(handle);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const one of this.#due) this.#renewNow(one);
      this.#due.clear();
    }, BATCH_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #renewNow(handle: ConsumerHandle): Promise<void> {
    if (this.#underWay.has(handle)) return;
    const leases = handle.leasesToRenew();
    if (leases.length === 0) return;
    const { queue, onLost, onError } = this.#options;
    this.#underWay.add(handle);
    try {
      const inFlight = await queue.renew(leases);
      for (const [i, lease] of leases.entries()) if (inFlight[i] === false) onLost(handle, lease);
    } catch (error) {
      // A heartbeat that cannot be stored does no harm: the next one follows in a second.
      if (!(error instanceof StorageError)) onError(error);
    } finally {
      this.#underWay.delete(handle);
    }
  }
}
