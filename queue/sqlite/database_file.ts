/** The database as a file: whether it exists, how it is created, and whether it is still the one that was opened. */
import { DatabaseSync } from "node:sqlite";
import { messageOf, StorageError } from "../errors.ts";
import { PRIVATE_FILE, PRIVATE_FOLDER, removeIfThere, statOrNull } from "../basics/files.ts";
import { migrate } from "./migrations.ts";

/** "PQJB": marks a database of this system (PRAGMA application_id). */
export const APPLICATION_ID = 0x50514a42;

/** SQLite treats a file of one byte as empty too (`unixFileSize` in os_unix.c), and removes the log beside it. */
const EMPTY_BYTES = 1;

/** Whether there is a file with content. An empty file is an error: a lost database looks like that. */
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
  const what = size === 0 ? "an empty file" : "a file of one byte, which SQLite takes as empty";
  throw new StorageError(
    `The database ${path} is ${what}, so whatever it held is gone: restore a backup, or remove the file to begin anew.`,
  );
}

/** Where the content of the database is saved if its file is lost while the system runs. */
export function rescuedPath(path: string): string {
  return `${path}.rescued`;
}

/** In bytes; null if there is no such file. */
export function sizeOf(path: string): number | null {
  const found = statOrNull(path);
  if (found === null) return null;
  if (!found.isFile) {
    throw new StorageError(`Cannot open the database ${path}: it is not a file. Check QUEUE_URL.`);
  }
  return found.size;
}

/** The lock and the log lie beside the file and are named after it; through a link they would have other names. */
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
    // Deno does not permit the attempt: the database is beside the code, so the folder exists.
    if (error instanceof Deno.errors.NotCapable) return;
    throw new StorageError(
      `Cannot make the folder ${folder}: ${messageOf(error)}. Check QUEUE_URL and permissions.`,
    );
  }
}

/**
 * The caller must hold the lock of `owner_lock.ts`. The file is created under another name and renamed when complete,
 * so a crash in between leaves no partial database.
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
 * Returns a function that throws once the database or a file beside it is no longer the same file. Writes to a deleted
 * file keep succeeding, so only a check notices. A file that does not exist yet is known from the first call that sees
 * it.
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
