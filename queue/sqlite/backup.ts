/** A complete copy while the system runs: VACUUM INTO a temporary file, check it, make it durable, rename it. */
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../errors.ts";
import { checkPages } from "./check.ts";

export function backup(db: DatabaseSync, path: string): void {
  const temporary = `${path}.part`;
  removeIfThere(temporary);
  try {
    db.prepare("VACUUM INTO ?").run(temporary);
    assertSound(temporary);
    makeDurable(temporary);
    Deno.renameSync(temporary, path);
  } finally {
    removeIfThere(temporary);
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
