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
