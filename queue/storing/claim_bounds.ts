/**
 * A claim takes one more job as long as those before it hold fewer bytes of payload: tiny jobs are claimed by the hundred, and
 * so many of a mebibyte each would take gigabytes of memory, in the server and here.
 */
export const MOST_CLAIMED_BYTES = 8 * 1024 * 1024;

/** A payload of more bytes is read by itself, where a claim would read those of many jobs before it knows how large they are. */
export const LARGE_BYTES = 16 * 1024;
