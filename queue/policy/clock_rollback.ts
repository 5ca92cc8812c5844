/**
 * Decides what happens when the clock is set back: what was due stays due. Otherwise every waiting job would wait until
 * the clock reaches that time again, an hour or a day later.
 */

/** A clock rollback, in milliseconds since 1970. */
export interface ClockSetBack {
  readonly from: number;
  readonly to: number;
}

/**
 * The hosts of a queue look at the clock at their own moments: the times from which they find the same rollback are at most
 * this far apart, unless one of them was cut off.
 */
export const SAME_ROLLBACK_MS = 10_000;

/**
 * The rollbacks that a process on a server has followed. All hosts find each of them, but the waits in flight are shortened
 * once: the queue remembers the name of its last rollback, until the clock has reached that time again. One that another host
 * has recorded meanwhile is the one that this process finds now, if they begin at about the same time.
 */
export class FollowedRollbacks {
  readonly #finder = crypto.randomUUID();
  /** The name of the last one that is stored. */
  last: string | null = null;

  nameOf({ from }: ClockSetBack): string {
    return `${this.#finder} ${from}`;
  }
}

/** A smaller step is an ordinary adjustment of the clock. */
const SLACK_MS = 100;

export class ClockRollback {
  readonly #clock: () => number;
  #latest = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Remembers the current time, if it is the latest that the clock has shown. */
  observe(): void {
    this.#latest = Math.max(this.#latest, this.#clock());
  }

  /** Calls `write` with the rollback that the clock has made, once for each; otherwise with null. */
  async around<T>(write: (setBack: ClockSetBack | null) => Promise<T>): Promise<T> {
    const now = this.#clock();
    const latest = this.#latest;
    const isSetBack = latest - now > SLACK_MS;
    this.#latest = isSetBack ? now : Math.max(latest, now);
    try {
      return await write(isSetBack ? { from: latest, to: now } : null);
    } catch (error) {
      // The rollback was not written, so the next call must find it again.
      this.#latest = Math.max(this.#latest, latest);
      throw error;
    }
  }
}
