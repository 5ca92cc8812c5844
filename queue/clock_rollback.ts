/**
 * Decides what a clock that was set back means: what was due stays due. Otherwise every waiting job would wait until
 * that time comes again, an hour or a day later.
 */

/** A step that the clock was set back, in milliseconds since 1970. */
export interface ClockSetBack {
  readonly from: number;
  readonly to: number;
}

/** A smaller step is an ordinary adjustment of the clock. */
const SLACK_MS = 100;

export class ClockRollback {
  readonly #clock: () => number;
  #latest = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The time, which is remembered if it is the latest that the clock has shown. */
  now(): number {
    const now = this.#clock();
    this.#latest = Math.max(this.#latest, now);
    return now;
  }

  /** Calls `write` with the time, and with the step back that the clock has made, once for each step; else with null. */
  async around<T>(write: (now: number, setBack: ClockSetBack | null) => Promise<T>): Promise<T> {
    const now = this.#clock();
    const latest = this.#latest;
    const isSetBack = latest - now > SLACK_MS;
    this.#latest = isSetBack ? now : Math.max(latest, now);
    try {
      return await write(now, isSetBack ? { from: latest, to: now } : null);
    } catch (error) {
      // The step is not written, so the next call finds it again.
      this.#latest = Math.max(this.#latest, latest);
      throw error;
    }
  }
}

/** A write that did not wait for another program's lock comes much sooner. */
const WORTH_TELLING_MS = 500;

/**
 * Measures how long a write waits, in milliseconds, from this call to the call of the returned function. A store adds
 * that to the time of a claim, so that no heartbeat is stored too old: its holder would look silent at once.
 */
export function lateness(clock: () => number = () => performance.now()): () => number {
  const askedAt = clock();
  return () => {
    const ms = Math.floor(clock() - askedAt);
    return ms < WORTH_TELLING_MS ? 0 : ms;
  };
}
