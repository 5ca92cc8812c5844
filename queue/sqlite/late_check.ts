/**
 * The check of a large database, beside the work: it reads every page, and nobody waits for seconds to start.
 *
 * A reader of the same process shares SQLite's own locks, so it disturbs none (closing a handle of the file API would).
 */
import { StorageError } from "../errors.ts";

/** Up to this size a database is checked before it is used: that takes some tenths of a second. */
export const CHECKED_AT_ONCE_BYTES = 64 * 2 ** 20;

const THREAD = new URL("./check_thread.ts", import.meta.url);

export class LateCheck implements Disposable {
  readonly #thread: Worker;
  #problem: string | null = null;

  constructor(path: string, { deep }: { deep: boolean }) {
    this.#thread = new Worker(THREAD, { type: "module", name: "check of the database" });
    this.#thread.onmessage = ({ data }: MessageEvent<string[]>) => {
      this.#problem = data[0] === undefined
        ? null
        : `${data[0]} Restore a backup of ${path} (README, Backup).`;
    };
    this.#thread.onerror = (event) => {
      event.preventDefault();
      this.#problem = `The check of the database ended early: ${event.message}`;
    };
    this.#thread.postMessage({ path, deep });
  }

  /** @throws {StorageError} that does not pass, once something is found to be wrong */
  assertSound(): void {
    if (this.#problem !== null) throw new StorageError(this.#problem);
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
  }
}
