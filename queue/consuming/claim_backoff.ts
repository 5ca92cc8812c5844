/**
 * Backs off from claims on a server that find nothing although a job is due: another program has locked the job, or this
 * process has no row.
 */
import type { ClaimAnswer } from "../store.ts";

/** The first such claim is repeated at once: the job may have become due, or been added, while the claim ran. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 1_000;

export class ClaimBackoff {
  readonly #now: () => number;
  /** How many claims in a row found nothing although a job was due. */
  #misses = 0;

  /** @param now milliseconds since 1970, by the store's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * When to claim again, unless something happens before, in milliseconds since 1970; null if no job waits. Each wait is
   * twice as long as the last. @throws {StorageError} as the answer's own `nextRunAt`
   */
  async nextClaimAt({ claimed, nextRunAt }: ClaimAnswer): Promise<number | null> {
    const runAt = await nextRunAt;
    const now = this.#now();
    const isMiss = claimed.length === 0 && runAt !== null && runAt <= now;
    this.#misses = isMiss ? this.#misses + 1 : 0;
    return this.#misses <= 1
      ? runAt
      : now + Math.min(FIRST_WAIT_MS * 2 ** (this.#misses - 2), LONGEST_WAIT_MS);
  }
}
