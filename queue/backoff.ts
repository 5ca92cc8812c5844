/** How long a job waits after a failed attempt. */

/** 1 s, 2 s, 4 s: three retries, about seven seconds in all. */
export const DEFAULT_RETRY_DELAYS_MS: readonly number[] = [1000, 2000, 4000];

/** The wait after the attempt that follows `retries` failed ones, in milliseconds; null when none is left. */
export function retryDelayMs(retries: number, delaysMs: readonly number[]): number | null {
  return delaysMs[retries] ?? null;
}
