/**
 * A complete copy while the system runs: into a temporary file, checked, made durable, renamed.
 *
 * By SQLite's backup API in one step, which is one consistent view; `VACUUM INTO` would need the right to attach
 * databases, and that is withheld from a process with restricted permissions.
 */
import { backup as copyPages, DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";
import { messageOf, StorageError } from "../errors.ts";
import { checkPages } from "./check.ts";
import { PRIVATE_FILE, removeIfThere, statOrNull } from "./database_file.ts";
import { lockPath } from "./owner_lock.ts";

export interface BackupOptions {
  readonly from: string;
  readonly to: string;
  /** Puts it in the place of a file that is there. */
  readonly replace?: boolean;
}

const ALL_PAGES = 2 ** 31 - 1;

export async function backup(
  db: DatabaseSync,
  { from, to: path, replace = false }: BackupOptions,
): Promise<void> {
  const temporary = `${path}.part`;
  for (const target of [path, temporary]) refuseOwnFiles(from, target);
  assertTarget(path, replace);
  // One that was killed may have left any of them.
  removeParts(temporary);
  makeFile(temporary);
  try {
    await copyPages(db, temporary, { rate: ALL_PAGES });
    assertSound(temporary);
    makeDurable(temporary);
    assertTarget(path, replace);
    Deno.renameSync(temporary, path);
  } finally {
    removeParts(temporary);
  }
}

/** Another file in its place may be the only good copy there is. */
function assertTarget(path: string, replace: boolean): void {
  const found = statOrNull(path);
  if (found === null || (found.isFile && replace)) return;
  throw new StorageError(
    found.isFile
      ? `${path} is there already, and was left as it is: choose another name, or replace it with --replace.`
      : `${path} is not a file: choose a name for the backup in it.`,
  );
}

/** With the mode that the copy is to have: it holds what the database does. */
function makeFile(path: string): void {
  try {
    Deno.openSync(path, { createNew: true, write: true, mode: PRIVATE_FILE }).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new StorageError(
        `There is no folder ${dirname(path)} for the backup: make it first, or choose another place.`,
      );
    }
    throw new StorageError(`The backup cannot be written to ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

function removeParts(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) removeIfThere(path + suffix);
}

function assertSound(path: string): void {
  // A connection that may only read looks at no CHECK.
  const copy = new DatabaseSync(path);
  try {
    const [problem] = checkPages(copy, true);
    if (problem) throw new StorageError(`The backup was not kept, because it is not sound: ${problem}`);
  } finally {
    copy.close();
  }
}

function makeDurable(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  file.syncSync();
}

/** A copy in the place of the live database would be the end of both. */
function refuseOwnFiles(from: string, to: string): void {
  const own = [from, `${from}-wal`, `${from}-shm`, lockPath(from)].map((path) =>
    statOrNull(path)?.ino ?? null
  );
  const inode = statOrNull(to)?.ino ?? null;
  if (inode === null || !own.includes(inode)) return;
  throw new StorageError(`${to} belongs to the live database: choose another place for the backup.`);
}
