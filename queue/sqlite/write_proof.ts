/**
 * Finds out whether the database accepts writes again after one has failed. The next successful call proves nothing: a
 * claim that finds no job writes nothing, so it succeeds on a full disk. A small test write has to succeed instead.
 */
import type { DatabaseSync } from "node:sqlite";
import type { StorageError } from "../errors.ts";
import { isStorageFault } from "./faults.ts";
import { SCHEMA_VERSION } from "./migrations.ts";

const RETRY_MS = 1_000;

export class WriteProof {
  readonly #db: DatabaseSync;
  /** The newest failure, until a write succeeds. */
  #failure: StorageError | null = null;
  #triedAt = -Infinity;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Records a failed write. */
  note(failure: StorageError): void {
    this.#failure = failure;
  }

  /** @throws {StorageError} while nothing can be written; tries once a second */
  assertWritable(): void {
    if (this.#failure === null) return;
    if (performance.now() - this.#triedAt >= RETRY_MS && this.#isWritten()) this.#failure = null;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Writes the current version again, which writes the first page to the disk and changes nothing. */
  #isWritten(): boolean {
    this.#triedAt = performance.now();
    try {
      this.#db.prepare("BEGIN IMMEDIATE").run();
      this.#db.prepare(`PRAGMA user_version = ${SCHEMA_VERSION}`).run();
      this.#db.prepare("COMMIT").run();
      return true;
    } catch (error) {
      if (!isStorageFault(error)) throw error;
      return false;
    } finally {
      this.#undo();
    }
  }

  #undo(): void {
    try {
      if (this.#db.isTransaction) this.#db.prepare("ROLLBACK").run();
    } catch {
      // The next turn rolls it back first.
    }
  }
}
