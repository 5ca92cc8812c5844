/// <reference lib="deno.worker" />
/** Reads a whole database in a thread of its own, and tells what is wrong with it: nothing is sound. */
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { checkPages } from "./check.ts";
import { makeConsoleUnfailing } from "../unfailing_console.ts";
import { toStorageError } from "./faults.ts";

makeConsoleUnfailing();

self.onmessage = ({ data: { path, deep } }: MessageEvent<{ path: string; deep: boolean }>) => {
  self.postMessage(problemsOf(path, deep));
  self.close();
};

function problemsOf(path: string, deep: boolean): string[] {
  try {
    // Opened to write, because a connection that may only read looks at no CHECK; but it writes nothing.
    using db = new DatabaseSync(path, { timeout: 5_000 });
    db.exec("PRAGMA query_only = ON");
    return checkPages(db, deep);
  } catch (error) {
    // The check itself may stumble over a page.
    if (!toStorageError(error).passing) return [`The database is damaged: ${messageOf(error)}.`];
    // Not to be read at this moment is no damage: the file may be locked, or memory short.
    console.error(`The database was not checked: ${messageOf(error)}.`);
    return [];
  }
}
