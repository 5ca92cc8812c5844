/** The database as a file: whether it is there, how it is made, and whether it is still the one that was opened. */
import { DatabaseSync } from "node:sqlite";
import { messageOf, StorageError } from "../errors.ts";
import { migrate } from "./migrations.ts";

/** "PQJB": how a database says that it is one of ours (PRAGMA application_id). */
export const APPLICATION_ID = 0x50514a42;

/** For its owner alone: `file_mode.ts` says why. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** SQLite takes a file of one byte for empty as well (`unixFileSize` in os_unix.c), and removes the log beside it. */
const EMPTY_BYTES = 1;

/** Whether there is a file with something in it. An empty one is an error: it is what a lost database looks like. */
export function databaseExists(path: string): boolean {
  const size = sizeOf(path);
  if (size === null && (sizeOf(`${path}-wal`) ?? 0) > 0) {
    throw new StorageError(
      `The database ${path} is gone, but its log ${path}-wal is there: put the database back, or restore a backup and remove the log.`,
    );
  }
  if (size === null && sizeOf(rescuedPath(path)) !== null) {
    const rescued = rescuedPath(path);
    throw new StorageError(
      `The database ${path} is gone. What it held when the system stopped is in ${rescued}: rename that to ${path} and start again, or remove it to begin anew.`,
    );
  }
  if (size === null || size > EMPTY_BYTES) return size !== null;
  throw new StorageError(
    `The database ${path} is an empty file, so whatever it held is gone: restore a backup, or remove the file to begin anew.`,
  );
}

/** Where the content of a database is kept whose file was lost while the system ran. */
export function rescuedPath(path: string): string {
  return `${path}.rescued`;
}

/** In bytes; null where there is no such file. */
export function sizeOf(path: string): number | null {
  const found = statOrNull(path);
  if (found === null) return null;
  if (!found.isFile) {
    throw new StorageError(`Cannot open the database ${path}: it is not a file. Check QUEUE_URL.`);
  }
  return found.size;
}

/** Locks and logs lie beside the file under its own name: a link would have others. */
export function refuseLink(path: string): void {
  try {
    if (!Deno.lstatSync(path).isSymlink) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new StorageError(`The database ${path} is a symbolic link: set QUEUE_URL to the file itself.`);
}

export function makeFolder(path: string): void {
  const folder = path.replace(/[^/]*$/, "");
  if (folder === "") return;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  } catch (error) {
    // Not even allowed to try: the database lies beside the code, so the folder is there.
    if (error instanceof Deno.errors.NotCapable) return;
    throw new StorageError(
      `Cannot make the folder ${folder}: ${messageOf(error)}. Check QUEUE_URL and permissions.`,
    );
  }
}

/**
 * Only whoever holds the lock of `owner_lock.ts` may call this. Made under another name and renamed when whole: a crash
 * in between leaves no half database behind.
 */
export function createDatabase(path: string): void {
  const draft = `${path}.new`;
  for (const file of [draft, `${draft}-journal`]) removeIfThere(file);
  Deno.openSync(draft, { createNew: true, write: true, mode: PRIVATE_FILE }).close();
  const db = new DatabaseSync(draft);
  try {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    migrate(db);
  } finally {
    db.close();
  }
  Deno.renameSync(draft, path);
}

/**
 * Answers a function that throws once the database or one of the files beside it is no longer the one it was: writes
 * into a deleted file go on succeeding, so somebody has to look. A file that is not there yet is known from its first
 * sight on.
 */
export function fileWatch(database: string, beside: readonly string[]): () => void {
  const known = new Map<string, number | null>();
  const look = () => {
    for (const path of [database, ...beside]) {
      const found = statOrNull(path);
      const inode = found?.ino ?? null;
      const before = known.get(path) ?? null;
      const isEmptied = path === database && found !== null && found.size <= EMPTY_BYTES;
      if ((before !== null && inode !== before) || isEmptied) {
        throw new StorageError(
          `The file ${path} was deleted, replaced or emptied while the system ran: put it back or restore a backup, then start again.`,
        );
      }
      known.set(path, inode);
    }
  };
  look();
  return look;
}

export function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
