/**
 * Notifies the other processes that this store has written. A notice follows its write, so that the write is visible when it
 * arrives; many writes share one, because the server queues notices one transaction at a time.
 */
import { CoalescedNotices } from "../storing/coalesced_notices.ts";
import type { Client } from "./client.ts";

/** Commits without waiting for the disk: the listening sessions would not survive a crash of the server either. */
const NOTIFY = `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
  SELECT pg_notify(current_schema() || '.changes', $1::text) FROM quick`;

export class Changes {
  readonly #notices: CoalescedNotices;
  #lastNotice: Promise<unknown> = Promise.resolve();

  constructor(client: Client, name: string) {
    this.#notices = new CoalescedNotices(() => {
      // A lost notice is made up for by the slow polling of each process.
      this.#lastNotice = client.query(NOTIFY, [name]).catch(() => {});
    });
  }

  /** Something was written. */
  note(): void {
    this.#notices.note();
  }

  /** Sends the notice that is still pending. */
  async close(): Promise<void> {
    this.#notices.flush();
    await this.#lastNotice;
  }
}
