/**
 * Makes a complete copy while the system runs: into a temporary file, which is checked, synced and renamed.
 *
 * SQLite's backup API copies in one step, from one consistent snapshot. `VACUUM INTO` would need the permission to attach
 * databases, which a process with restricted permissions does not have.
 */
import { backup as copyPages, DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";
import { messageOf, QueueError, StorageError } from "../errors.ts";
import { checkPages } from "./check.ts";
import { PRIVATE_FILE, removeIfThere, statOrNull, whyClosed } from "../basics/files.ts";
import { lockPath } from "./owner_lock.ts";

export interface BackupOptions {
  readonly from: string;
  readonly to: string;
  /** Overwrites an existing file. */
  readonly replace?: boolean;
}

const ALL_PAGES = 2 ** 31 - 1;

export async function backup(
  db: DatabaseSync,
  { from, to: path, replace = false }: BackupOptions,
): Promise<void> {
  const temporary = `${path}.part`;
  orRefused(path, () => {
    for (const target of [path, temporary]) refuseOwnFiles(from, target);
    assertTarget(path, { replace });
    // A backup that was killed may have left these files behind.
    removeParts(temporary);
    makeFile(temporary);
  });
  try {
    await copyPages(db, temporary, { rate: ALL_PAGES });
    assertSound(temporary);
    makeDurable(temporary);
    orRefused(path, () => {
      assertTarget(path, { replace });
      Deno.renameSync(temporary, path);
    });
  } finally {
    removeParts(temporary);
  }
}

/** An existing file may be the only good copy. */
function assertTarget(path: string, { replace }: Required<Pick<BackupOptions, "replace">>): void {
  const found = statOrNull(path);
  if (found === null || (found.isFile && replace)) return;
  throw refused(
    found.isFile
      ? `${path} is there already, and was left as it is: choose another name, or replace it with --replace.`
      : `${path} is not a file: choose a file name for the backup.`,
  );
}

/** Creates the file with its final mode, because it holds the same data as the database. */
function makeFile(path: string): void {
  Deno.openSync(path, { createNew: true, write: true, mode: PRIVATE_FILE }).close();
}

/** What makes a place unsuitable, although the storage works. */
const REASONS: Record<string, string> = {
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
  EROFS: "that file system is read-only",
  ENOTDIR: "a part of this path is a file, not a folder",
  ENAMETOOLONG: "this name is too long",
  ELOOP: "its links lead in a circle",
};

/** @throws {QueueError} `rejected`, for an unsuitable place; {StorageError} for a disk that does not work */
function orRefused(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof QueueError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw refused(
        `There is no folder ${dirname(path)} for the backup: make it first, or choose another place.`,
      );
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = whyClosed(error) ?? (Object.hasOwn(REASONS, code) ? REASONS[code] : undefined);
    const sentence = `The backup cannot be written to ${path}: ${reason ?? messageOf(error)}`;
    if (reason !== undefined) throw refused(`${sentence}. Choose another place for it.`);
    throw new StorageError(`${sentence}.`, { cause: error });
  }
}

function refused(message: string): QueueError {
  return new QueueError("rejected", message);
}

function removeParts(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) removeIfThere(path + suffix);
}

function assertSound(path: string): void {
  // A read-only connection does not verify CHECK constraints.
  const copy = new DatabaseSync(path);
  try {
    const [problem] = checkPages(copy, { deep: true });
    if (problem) throw new StorageError(`The backup was not kept, because it is not sound: ${problem}`);
  } finally {
    copy.close();
  }
}

function makeDurable(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  file.syncSync();
}

/** Copying over the live database would destroy both. */
function refuseOwnFiles(from: string, to: string): void {
  const own = [from, `${from}-wal`, `${from}-shm`, lockPath(from)].map((path) =>
    statOrNull(path)?.ino ?? null
  );
  const inode = statOrNull(to)?.ino ?? null;
  if (inode === null || !own.includes(inode)) return;
  throw refused(`${to} belongs to the live database: choose another place for the backup.`);
}
