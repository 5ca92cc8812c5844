/**
 * The check of a large database, beside the work: it reads every page, and nobody waits for seconds to start.
 *
 * A reader of the same process shares SQLite's own locks, so it disturbs none (closing a handle of the file API would).
 */
import { StorageError } from "../errors.ts";

/** Up to this size a database is checked before it is used: that takes some tenths of a second. */
export const CHECKED_AT_ONCE_BYTES = 64 * 2 ** 20;

/** Not while everybody is starting. */
const AFTER_MS = 5_000;

const THREAD = new URL("./check_thread.ts", import.meta.url);

export class LateCheck implements Disposable {
  readonly #path: string;
  readonly #timer: ReturnType<typeof setTimeout>;
  #thread: Worker | null = null;
  #problem: string | null = null;

  /** `deep`: compares each index with its table too. */
  constructor(path: string, { deep }: { deep: boolean }) {
    this.#path = path;
    this.#timer = setTimeout(() => this.#begin(deep), AFTER_MS);
  }

  /** @throws {StorageError} that does not pass, once something is found to be wrong */
  assertSound(): void {
    if (this.#problem !== null) throw new StorageError(this.#problem);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#thread?.terminate();
  }

  #begin(deep: boolean): void {
    const thread = new Worker(THREAD, { type: "module", name: "check of the database" });
    thread.onmessage = ({ data: [problem] }: MessageEvent<string[]>) => {
      if (problem !== undefined) {
        this.#problem = `${problem} Restore a backup of ${this.#path} (see Backup in docs/operations.md).`;
      }
    };
    thread.onerror = (event) => {
      // That it could not be checked does not say that it is damaged.
      event.preventDefault();
      console.error(`The database was not checked: ${event.message}`);
    };
    thread.postMessage({ path: this.#path, deep });
    this.#thread = thread;
  }
}
