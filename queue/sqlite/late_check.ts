/**
 * Checks a large database in the background: the check reads every page, and startup should not take seconds for that.
 *
 * A reader in the same process shares SQLite's locks and releases none of them; closing a handle of the file API would.
 */
import { StorageError } from "../errors.ts";

/** A database up to this size is checked before it is used, which takes a few tenths of a second. */
export const CHECKED_AT_ONCE_BYTES = 64 * 2 ** 20;

/** The delay before the check, so that the other threads can start first. */
const AFTER_MS = 5_000;

const THREAD = new URL("./check_thread.ts", import.meta.url);

export class LateCheck implements Disposable {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setTimeout>;
  #thread: Worker | null = null;
  #problem: string | null = null;

  /** `deep`: also compares each index with its table. */
  constructor(path: string, depth: { readonly deep: boolean }) {
    this.#path = path;
    this.#timer = setTimeout(() => this.#begin(depth), AFTER_MS);
  }

  /** @throws {StorageError} a lasting one, once the check has found damage */
  assertSound(): void {
    if (this.#problem !== null) throw new StorageError(this.#problem);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#thread?.terminate();
  }

  #begin({ deep }: { readonly deep: boolean }): void {
    const thread = new Worker(THREAD, { type: "module", name: "check of the database" });
    thread.onmessage = ({ data: [problem] }: MessageEvent<string[]>) => {
      if (problem !== undefined) {
        this.#problem = `${problem} Restore a backup of ${this.#path} (see Backup in docs/operations.md).`;
      }
    };
    thread.onerror = (event) => {
      // A check that could not run does not mean that the database is damaged.
      event.preventDefault();
      console.error(`The database was not checked: ${event.message}`);
    };
    thread.postMessage({ path: this.#path, deep });
    this.#thread = thread;
  }
}
