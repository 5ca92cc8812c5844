/**
 * Tells the other processes that this store has written. A notice follows its write, so that what it tells of can be read;
 * many writes share one, because the server passes notices on one transaction after the other.
 */
import type { Client } from "./client.ts";

/** A reader that looks at each notice looks at most twenty times a second. */
const BETWEEN_MS = 50;

/** A commit that does not wait for the disk: who listens would not survive a crash of the server either. */
const NOTIFY = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
  SELECT pg_notify(current_schema() || '.changes', $1::text) FROM quick`;

export class Changes {
  readonly #client: Client;
  readonly #name: string;
  #toldAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #telling: Promise<unknown> = Promise.resolve();

  constructor(client: Client, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Something was written. */
  note(): void {
    if (this.#timer !== null) return;
    const waitMs = this.#toldAt + BETWEEN_MS - performance.now();
    if (waitMs <= 0) this.#tell();
    else this.#timer = setTimeout(() => this.#tell(), waitMs);
  }

  #tell(): void {
    this.#timer = null;
    this.#toldAt = performance.now();
    // A notice that is lost is made good by the slow look of each process.
    this.#telling = this.#client.query(NOTIFY, [this.#name]).catch(() => {});
  }

  /** Tells what has not been told yet. */
  async close(): Promise<void> {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
      this.#tell();
    }
    await this.#telling;
  }
}
