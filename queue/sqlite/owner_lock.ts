/** One supervisor per database: a lock between processes, which the kernel releases however its holder dies. */
import { StorageError } from "../errors.ts";
import { PRIVATE_FILE } from "../basics/files.ts";
import { sleep } from "../basics/time.ts";

/** The previous holder may be about to exit, because its guard was killed or the system is being restarted. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 50;

export function lockPath(path: string): string {
  return `${path}.lock`;
}

export async function lockAsOwner(path: string): Promise<Disposable> {
  const lock = await lockUnless(path, () => false);
  if (lock !== null) return lock;
  throw new StorageError(
    `The database ${path} is in use by another supervisor: stop that one first, or set QUEUE_URL to another database.`,
  );
}

/** Waits for the lock. Returns null once `isDone`, or on timeout. */
export async function lockUnless(path: string, isDone: () => boolean): Promise<Disposable | null> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isDone()) {
    const lock = tryLock(lockPath(path));
    if (lock !== null) return lock;
    if (performance.now() > deadline) break;
    await sleep(RETRY_MS);
  }
  return null;
}

function tryLock(path: string): Disposable | null {
  const file = Deno.openSync(path, { create: true, read: true, write: true, mode: PRIVATE_FILE });
  try {
    if (file.tryLockSync(true)) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}
