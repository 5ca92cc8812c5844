/** Whether so much fails that "all is well" would be no answer, though the system itself is sound. */
import type { Stats } from "./snapshot.ts";

export interface Failing {
  /** Failed attempts of the last minute. */
  readonly failed: number;
  /** Failed attempts per second, at the moment. */
  readonly perSecond: number;
  /** More than half of all that ended. */
  readonly most: boolean;
}

/** Fewer in a minute are an accident. */
const NOTEWORTHY = 10;
const NOTEWORTHY_SHARE = 1 / 3;

/** Null: what fails is within what one expects, or over. */
export function failingOf(stats: Stats | null): Failing | null {
  if (stats === null || stats.rates.failed === 0) return null;
  const failed = stats.history.reduce((sum, rates) => sum + rates.failed, 0);
  const ended = stats.history.reduce((sum, rates) => sum + rates.failed + rates.completed, 0);
  if (failed < NOTEWORTHY || failed / ended <= NOTEWORTHY_SHARE) return null;
  return { failed, perSecond: stats.rates.failed, most: failed / ended > 1 / 2 };
}
