/**
 * A claim takes another job as long as those before it hold fewer bytes of payload than this: tiny jobs are claimed by
 * the hundred, and as many of a mebibyte each would take gigabytes of memory, on the server and here.
 */
export const MAX_CLAIMED_BYTES = 8 * 1024 * 1024;

/** A larger payload is read separately where a claim would read many jobs before it knows how large they are. */
export const LARGE_BYTES = 16 * 1024;
