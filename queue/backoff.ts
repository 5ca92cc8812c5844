/** How long a job waits after a failed attempt. */

/** The wait after the attempt that follows `retries` failed ones, in milliseconds; null when none is left. */
export function retryDelayMs(retries: number, delaysMs: readonly number[]): number | null {
  return delaysMs[retries] ?? null;
}
