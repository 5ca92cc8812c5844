/** One supervisor per database: a lock between processes, which the kernel releases however its holder dies. */
import { StorageError } from "../errors.ts";
import { PRIVATE_FILE } from "../basics/files.ts";
import { sleep } from "../basics/time.ts";

/** The previous holder may be about to exit, because its guard was killed or the system is being restarted. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 50;

interface LockWait {
  /** Ends the wait without the lock. */
  readonly isDone?: () => boolean;
  /** Called once, if the lock is not free. */
  readonly onHeld?: () => void;
}

export function lockPath(path: string): string {
  return `${path}.lock`;
}

/** `onHeld` gets a sentence that says what the start waits for. @throws {StorageError} if the lock stays held */
export async function lockAsOwner(path: string, onHeld: (why: string) => unknown): Promise<Disposable> {
  const inUse = `The database ${path} is in use by another supervisor`;
  const lock = await waitForLock(path, { onHeld: () => onHeld(`${inUse}.`) });
  if (lock !== null) return lock;
  throw new StorageError(`${inUse}: stop that one first, or set QUEUE_URL to another database.`);
}

/**
 * A database that has two names, by a hard link or because the file alone is mounted into a container, has two lock
 * files and two logs, and two supervisors would overwrite each other's jobs. So the owner locks the file itself too,
 * until the database is closed: to close any handle of a file ends the locks that SQLite has on it.
 *
 * Only where the kernel keeps such locks apart from SQLite's: on Linux, and not on network file systems, where a
 * process is granted what it holds already. Null elsewhere.
 * @throws {StorageError}
 */
export function lockFileItself(path: string): Disposable | null {
  if (Deno.build.os !== "linux") return null;
  using undo = new DisposableStack();
  const file = undo.use(Deno.openSync(path, { read: true }));
  using other = Deno.openSync(path, { read: true });
  const isFree = tryLockOf(file);
  if (isFree === false) {
    throw new StorageError(
      `The database ${path} is in use by another supervisor under another name, as by a hard link or a file that is ` +
        "mounted alone: stop that one, and use one name.",
    );
  }
  if (isFree === null || tryLockOf(other) !== false) return null;
  undo.move();
  return file;
}

/** Null: this file system has no such locks. */
function tryLockOf(file: Deno.FsFile): boolean | null {
  try {
    return file.tryLockSync(true);
  } catch {
    return null;
  }
}

/** Returns null once `isDone`, or on timeout. */
export async function waitForLock(
  path: string,
  { isDone = () => false, onHeld = () => {} }: LockWait = {},
): Promise<Disposable | null> {
  const since = performance.now();
  for (let tries = 1; !isDone(); tries++) {
    const lock = tryLock(lockPath(path));
    if (lock !== null) return lock;
    // A command that looks whether the lock is held has it for a moment, so one failed try tells nothing.
    if (tries === 2) onHeld();
    if (performance.now() - since > PATIENCE_MS) break;
    await sleep(RETRY_MS);
  }
  return null;
}

/** Whether another process holds the lock, or another handle in this one. */
export function isLocked(path: string): boolean {
  try {
    using file = Deno.openSync(lockPath(path), { read: true });
    return !file.tryLockSync(false);
  } catch (error) {
    // What cannot be looked at may well be held.
    return !(error instanceof Deno.errors.NotFound);
  }
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
