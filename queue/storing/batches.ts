/** How many jobs one call takes: tiny ones by the hundred, but large ones only up to so many bytes. */
import type { NewJob } from "../store.ts";

/**
 * A claim takes another job as long as those before it hold fewer bytes of payload than this: as many of a mebibyte each as
 * of tiny ones would take gigabytes of memory, on the server and here.
 */
export const MAX_CLAIMED_BYTES = 8 * 1024 * 1024;

/** A larger payload is read separately where a claim would read many jobs before it knows how large they are. */
export const LARGE_BYTES = 16 * 1024;

/** The first of these jobs, at most so many, with payloads of at most so many characters unless it is a single job. */
export function firstBatch(
  jobs: readonly NewJob[],
  { maxJobs, maxChars }: { readonly maxJobs: number; readonly maxChars: number },
): NewJob[] {
  let chars = 0;
  const end = jobs.findIndex(({ payload }, i) => i === maxJobs || (chars += payload.length) > maxChars);
  return jobs.slice(0, end === -1 ? jobs.length : Math.max(1, end));
}
