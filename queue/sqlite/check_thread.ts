/// <reference lib="deno.worker" />
/** Checks a whole database in its own thread and reports the problems; an empty list means that it is sound. */
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { checkPages } from "./check.ts";
import { makeConsoleUnfailing } from "../basics/unfailing_console.ts";
import { toStorageError } from "./faults.ts";

interface CheckRequest {
  readonly path: string;
  /** Also compares each index with its table. */
  readonly deep: boolean;
}

makeConsoleUnfailing();

self.onmessage = ({ data }: MessageEvent<CheckRequest>) => {
  self.postMessage(problemsOf(data));
  self.close();
};

function problemsOf({ path, deep }: CheckRequest): string[] {
  try {
    // Opened for writing, because a read-only connection does not verify CHECK constraints. Nothing is written.
    using db = new DatabaseSync(path, { timeout: 5_000 });
    db.exec("PRAGMA query_only = ON");
    return checkPages(db, { deep });
  } catch (error) {
    // A damaged page can make the check itself fail.
    if (!toStorageError(error).passing) return [`The database is damaged: ${messageOf(error)}.`];
    // A file that cannot be read right now is not damaged: it may be locked, or memory may be short.
    console.error(`The database was not checked: ${messageOf(error)}.`);
    return [];
  }
}
