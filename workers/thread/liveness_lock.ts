/**
 * A Web Lock that a thread holds for life: without one, the runtime cannot end a thread while it computes.
 * Measured: without one, `for (;;)` goes on after `terminate()`; with one, it is gone within milliseconds.
 * https://w3c.github.io/web-locks/
 */

interface LockManager {
  request<T>(name: string, work: () => T | Promise<T>): Promise<T>;
}

// Deno's type libraries do not know Web Locks, and name the navigator differently in threads.
const { locks } = globalThis.navigator as unknown as { readonly locks: LockManager };

/** The first act of a thread. */
export function holdLivenessLock(): Promise<void> {
  return new Promise((resolve, reject) => {
    locks.request(`life of ${crypto.randomUUID()}`, () => {
      resolve();
      return new Promise<never>(() => {});
    }).catch(reject);
  });
}
