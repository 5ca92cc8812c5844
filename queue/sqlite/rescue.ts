/**
 * Saves the content of a database whose file was deleted, replaced or emptied while the system ran. The open connection
 * can still read it, so it is written to a file next to the original, for the operator to put back.
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { backup } from "./backup.ts";
import { rescuedPath } from "./database_file.ts";

/** Never throws: this is the last resort. */
export async function rescue(db: DatabaseSync, path: string): Promise<void> {
  const to = rescuedPath(path);
  try {
    await backup(db, { from: path, to, replace: true });
    console.error(`What the database held is kept in ${to}.`);
  } catch (error) {
    console.error(`What the database held could not be kept in ${to}: ${messageOf(error)}.`);
  }
}
