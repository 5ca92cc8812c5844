/**
 * The file of the database was deleted, replaced or emptied while the system ran. What it held can still be read by
 * whoever has it open: it is kept beside, for a person to put it back.
 */
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { backup } from "./backup.ts";
import { rescuedPath } from "./database_file.ts";

/** Never throws: it is the last thing that is tried. */
export async function rescue(db: DatabaseSync, path: string): Promise<void> {
  const to = rescuedPath(path);
  try {
    await backup(db, { from: path, to, replace: true });
    console.error(`What the database held is kept in ${to}.`);
  } catch (error) {
    console.error(`What the database held could not be kept in ${to}: ${messageOf(error)}.`);
  }
}
