/**
 * Notifies the other processes that this store has written. A notice follows its write, so that the write is visible when it
 * arrives; many writes share one, because the server queues notices one transaction at a time.
 */
import type { Client } from "./client.ts";

/** A process that reads after each notice reads at most twenty times a second. */
const INTERVAL_MS = 50;

/** Commits without waiting for the disk: the listening sessions would not survive a crash of the server either. */
const NOTIFY = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
  SELECT pg_notify(current_schema() || '.changes', $1::text) FROM quick`;

export class Changes {
  readonly #client: Client;
  readonly #name: string;
  #notifiedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #lastNotice: Promise<unknown> = Promise.resolve();

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Something was written. */
  note(): void {
    if (this.#timer !== null) return;
    const waitMs = this.#notifiedAt + INTERVAL_MS - performance.now();
    if (waitMs <= 0) this.#notify();
    else this.#timer = setTimeout(() => this.#notify(), waitMs);
  }

  #notify(): void {
    this.#timer = null;
    this.#notifiedAt = performance.now();
    // A lost notice is made up for by the slow polling of each process.
    this.#lastNotice = this.#client.query(NOTIFY, [this.#name]).catch(() => {});
  }

  /** Sends the notice that is still pending. */
  async close(): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#notify();
    }
    await this.#lastNotice;
  }
}
