/**
 * Keeps due jobs due when the clock is set back. Otherwise every waiting job would wait until that time comes again, an
 * hour or a day later.
 */
import type { Statements } from "./statements.ts";

/** A smaller step is an ordinary adjustment of the clock. */
const SLACK_MS = 100;

export class ClockRollback {
  readonly #sql: Statements;
  #latest = 0;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Remembers the latest time that the clock has shown. */
  note(now: number): void {
    this.#latest = Math.max(this.#latest, now);
  }

  /** `work` receives a function that corrects the times after a set-back; it calls it in its transaction. */
  async make<T>(now: number, work: (good: () => void) => Promise<T>): Promise<T> {
    const latest = this.#latest;
    const isSetBack = latest - now > SLACK_MS;
    this.#latest = isSetBack ? now : Math.max(latest, now);
    try {
      return await work(() => isSetBack && this.#good(now, latest));
    } catch (error) {
      this.note(latest);
      throw error;
    }
  }

  #good(now: number, latest: number): void {
    this.#sql.stayDue.run(now, latest);
    this.#sql.stayDueInHand.run(now, latest - now);
  }
}
