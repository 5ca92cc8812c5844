/// <reference lib="deno.worker" />
/** Reads a whole database in a thread of its own, and tells what is wrong with it: nothing is sound. */
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { checkPages } from "./check.ts";

self.onmessage = ({ data: { path, deep } }: MessageEvent<{ path: string; deep: boolean }>) => {
  self.postMessage(problemsOf(path, deep));
  self.close();
};

function problemsOf(path: string, deep: boolean): string[] {
  try {
    using db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    return checkPages(db, deep);
  } catch (error) {
    // Not to be read at this moment is no damage: the file may be locked, or memory short.
    console.error(`The database was not checked: ${messageOf(error)}.`);
    return [];
  }
}
