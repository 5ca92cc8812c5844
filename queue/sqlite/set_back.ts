/**
 * The clock may be set back. What was due before stays due: else all that waits would wait for that time to come once
 * more, an hour or a day.
 */
import type { Statements } from "./statements.ts";

/** A clock that is only being adjusted. */
const SLACK_MS = 100;

export class SetBack {
  readonly #sql: Statements;
  #latest = 0;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** By the clock it was this time. */
  note(now: number): void {
    this.#latest = Math.max(this.#latest, now);
  }

  /** `work` is given what makes good that the clock was set back since: to be called in its transaction. */
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
