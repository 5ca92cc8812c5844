/** A database in which very many jobs wait: made once in a run, and copied for whoever wants to work on one. */
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { openRawStore } from "./raw_store.ts";

const A_TRANSACTION = 10_000;

export class LargeDatabase {
  static #made: Promise<TempFolder> | null = null;

  /** So many jobs wait in the file at `path` from now on. */
  static async copyTo(path: string, jobs: number): Promise<void> {
    LargeDatabase.#made ??= make(jobs);
    await Deno.copyFile((await LargeDatabase.#made).file("large.db"), path);
  }

  static async remove(): Promise<void> {
    const folder = await LargeDatabase.#made;
    LargeDatabase.#made = null;
    await folder?.[Symbol.asyncDispose]();
  }
}

async function make(jobs: number): Promise<TempFolder> {
  const folder = await tempFolder();
  await using raw = await openRawStore();
  raw.insert(jobs, A_TRANSACTION);
  raw.close();
  await Deno.copyFile(raw.path, folder.file("large.db"));
  return folder;
}
