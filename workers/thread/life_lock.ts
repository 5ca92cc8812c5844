/** Web Locks, which every thread of this process shares: https://w3c.github.io/web-locks/ */

interface LockManager {
  request<T>(name: string, options: { signal?: AbortSignal }, work: () => T | Promise<T>): Promise<T>;
}

// Deno's type libraries do not know Web Locks, and name the navigator differently in threads.
const { locks } = globalThis.navigator as unknown as { readonly locks: LockManager };

/** The thread's first act: takes the lock and keeps it until it ends, however it ends. */
export function holdForLife(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    locks.request(name, {}, () => {
      resolve();
      return new Promise<never>(() => {});
    }).catch(reject);
  });
}

/** Calls back when the holder has ended. */
export function whenReleased(
  name: string,
  { signal, onReleased }: { signal: AbortSignal; onReleased: () => void },
): void {
  locks.request(name, { signal }, onReleased).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
