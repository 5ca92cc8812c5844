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

  /** Remembers the time, if it is the latest that the clock has shown. */
  look(): void {
    this.#latest = Math.max(this.#latest, this.#clock());
  }

  /** Calls `write` with the step back that the clock has made, once for each step; else with null. */
  async around<T>(write: (setBack: ClockSetBack | null) => Promise<T>): Promise<T> {
    const now = this.#clock();
    const latest = this.#latest;
    const isSetBack = latest - now > SLACK_MS;
    this.#latest = isSetBack ? now : Math.max(latest, now);
    try {
      return await write(isSetBack ? { from: latest, to: now } : null);
    } catch (error) {
      // The step is not written, so the next call finds it again.
      this.#latest = Math.max(this.#latest, latest);
      throw error;
    }
  }
}
