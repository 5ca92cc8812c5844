/** Opens the store: takes the owner's lock, and creates a missing database. */
import { UnfinishedCopy } from "../copy_mark.ts";
import { messageOf, StorageError } from "../errors.ts";
import type { Store } from "../store.ts";
import { isMarkedAt } from "./copy_mark.ts";
import { createDatabase, databaseExists, makeFolder, refuseLink, sizeOf } from "./database_file.ts";
import { isStorageFault } from "./faults.ts";
import { assertOwnFile, makePrivate } from "./file_mode.ts";
import {
  deniedError,
  ForeignDatabaseError,
  openDatabase,
  type Opened,
  type OpenOptions,
  toOpeningError,
} from "./open.ts";
import { lockAsOwner, lockFileItself, waitForLock } from "./owner_lock.ts";
import { adoptDump } from "./restored_dump.ts";
import { SqliteStore } from "./sqlite_store.ts";

/** @throws {StorageError} for every file that cannot be trusted; the message says what to do. */
export async function openSqliteStore(path: string, options: OpenOptions): Promise<Store> {
  try {
    return await open(path, options);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (error instanceof Deno.errors.PermissionDenied) throw deniedError(path, "opened", error);
    throw new StorageError(
      `Cannot open the database ${path}: ${messageOf(error)}. Check QUEUE_URL and permissions.`,
      {
        cause: error,
      },
    );
  }
}

async function open(path: string, options: OpenOptions): Promise<Store> {
  const { role, mustExist = false } = options;
  if (mustExist && !databaseExists(path)) throw noDatabase(path);
  makeFolder(path);
  refuseLink(path);
  // Throws for a folder, beside which a lock would be left.
  sizeOf(path);
  if (role === "owner") makePrivate(path);
  else assertOwnFile(path);
  using undo = new DisposableStack();
  const lock = role === "owner" ? undo.use(new DisposableStack()) : null;
  lock?.use(await lockForOwner(path, options));
  const opened = await openOrUnlock(path, { ...options, lock });
  undo.adopt(opened.lateCheck, (check) => check?.[Symbol.dispose]());
  undo.adopt(opened.db, (db) => db.close());
  const store = new SqliteStore(path, opened, { lock, clock: options.clock ?? Date.now });
  undo.move();
  return store;
}

/** A copy holds the lock until it ends, and a start waits for that. */
async function lockForOwner(path: string, { onHeld = () => {} }: OpenOptions): Promise<Disposable> {
  try {
    return await lockAsOwner(path, (why) => isMarkedAt(path) || onHeld(why));
  } catch (error) {
    throw error instanceof StorageError && isMarkedAt(path) ? new UnfinishedCopy() : error;
  }
}

function noDatabase(path: string): StorageError {
  return new StorageError(
    `There is no database ${path}: check QUEUE_URL, and the folder in which the command was called.`,
  );
}

async function openOrUnlock(
  path: string,
  { role, onCreated = () => {}, lock }: OpenOptions & { lock: DisposableStack | null },
): Promise<Opened> {
  try {
    if (lock === null) await createAsGuest(path, onCreated);
    else if (!databaseExists(path)) createDatabase(path);
    lock?.use(lockFileItself(path));
    return openOrAdopt(path, role);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw isStorageFault(error) ? toOpeningError(error, path) : error;
  }
}

function openOrAdopt(path: string, role: OpenOptions["role"]): Opened {
  try {
    return openDatabase(path, { role });
  } catch (error) {
    if (role !== "owner" || !(error instanceof ForeignDatabaseError) || !adoptDump(path)) throw error;
    return openDatabase(path, { role });
  }
}

/** A command may run before the first start, or at the same moment: only the holder of the lock creates the database. */
async function createAsGuest(path: string, onCreated: (path: string) => void): Promise<void> {
  using lock = await waitForLock(path, { isDone: () => databaseExists(path) });
  if (lock === null || databaseExists(path)) return;
  createDatabase(path);
  onCreated(path);
}
