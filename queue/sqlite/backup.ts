/**
 * A complete copy while the system runs: into a temporary file, checked, made durable, renamed.
 *
 * By SQLite's backup API in one step, which is one consistent view; `VACUUM INTO` would need the right to attach
 * databases, and that is withheld from a process with restricted permissions.
 */
import { backup as copyPages, DatabaseSync } from "node:sqlite";
import { StorageError } from "../errors.ts";
import { checkPages } from "./check.ts";

const ALL_PAGES = 2 ** 31 - 1;

export async function backup(db: DatabaseSync, path: string): Promise<void> {
  const temporary = `${path}.part`;
  removeIfThere(temporary);
  try {
    await copyPages(db, temporary, { rate: ALL_PAGES });
    assertSound(temporary);
    makeDurable(temporary);
    Deno.renameSync(temporary, path);
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) removeIfThere(temporary + suffix);
  }
}

function assertSound(path: string): void {
  const copy = new DatabaseSync(path, { readOnly: true });
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

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
