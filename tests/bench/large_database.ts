/** A database in which very many jobs wait: created once per run, and copied for each benchmark that needs one. */
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { openRawStore } from "./raw_store.ts";

const A_TRANSACTION = 10_000;

export class LargeDatabase implements AsyncDisposable {
  readonly #jobs: number;
  #made: Promise<TempFolder> | null = null;

  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  /** Afterwards `jobs` jobs wait in the file at `path`, and the disk is idle, because a benchmark syncs as well. */
  async copyTo(path: string): Promise<void> {
    this.#made ??= make(this.#jobs);
    await Deno.copyFile((await this.#made).file("large.db"), path);
    using copy = await Deno.open(path, { write: true });
    await copy.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#made)?.[Symbol.asyncDispose]();
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
