/** Claims on a server that find nothing although a job is due: another program has locked it, or this process has no row. */
import type { ClaimAnswer } from "../store.ts";

/** The first claim in vain is repeated at once: the job may have become due, or have come, since it looked. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 1_000;

export class VainClaims {
  readonly #now: () => number;
  /** How many there were in a row. */
  #count = 0;

  /** @param now milliseconds since 1970, by the store's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** When the next claim is worth its while, unless something happens before. Each wait is twice as long as the last. */
  async nextClaimAt({ claimed, nextRunAt }: ClaimAnswer): Promise<number | null> {
    const runAt = await nextRunAt;
    const now = this.#now();
    const isInVain = claimed.length === 0 && runAt !== null && runAt <= now;
    this.#count = isInVain ? this.#count + 1 : 0;
    return this.#count <= 1 ? runAt : now + Math.min(FIRST_WAIT_MS * 2 ** (this.#count - 2), LONGEST_WAIT_MS);
  }
}
