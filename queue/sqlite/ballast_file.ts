/**
 * Disk space reserved for when the disk is full: a file beside the database. It is removed so that work in flight can
 * still be stored (claims, heartbeats, settlements, moves) while new jobs are refused. It is written again as soon as
 * there is room, which also proves that the disk is no longer full.
 */
import { messageOf, StorageError } from "../errors.ts";
import { PRIVATE_FILE, removeIfThere } from "../basics/files.ts";
import { sizeOf } from "./database_file.ts";
import { DISK_FULL } from "./faults.ts";

/** The size of a write-ahead log before a checkpoint (4 MB), and as much again for growth of the database. */
const BYTES = 8 * 2 ** 20;
/** Must be free as well before new jobs are accepted again; otherwise the first of them would fill the disk again. */
const MARGIN_BYTES = 2 * 2 ** 20;
const RETRY_MS = 1_000;
/** The most random bytes that the runtime returns in one call. */
const MAX_AT_ONCE = 65_536;

export class BallastFile {
  readonly #file: string;
  /** Why there is no room, or null. */
  #trouble: string | null = null;
  #triedAt = -Infinity;

  /** `path`: the path of the database. */
  constructor(path: string) {
    this.#file = `${path}.reserve`;
    if (sizeOf(this.#file) !== BYTES) this.#refill();
  }

  /** Frees the reserve because the disk is full. Returns whether there was one. */
  spend(why: string): boolean {
    this.#trouble ??= why;
    const wasThere = sizeOf(this.#file) !== null;
    removeIfThere(this.#file);
    return wasThere;
  }

  /** Keeps the reserve, but refuses new jobs until there is room. */
  note(why: string): void {
    this.#trouble ??= why;
  }

  /** @throws {StorageError} while the disk is full; checks again once a second */
  assertRoom(): void {
    if (this.#trouble === null) return;
    if (performance.now() - this.#triedAt >= RETRY_MS) this.#refill();
    if (this.#trouble === null) return;
    throw new StorageError(this.#trouble, { passing: true, publicMessage: `${DISK_FULL}.` });
  }

  #refill(): void {
    this.#triedAt = performance.now();
    const draft = `${this.#file}.new`;
    try {
      writeRandom(draft, BYTES + MARGIN_BYTES);
      Deno.truncateSync(draft, BYTES);
      Deno.renameSync(draft, this.#file);
      this.#trouble = null;
    } catch (error) {
      removeIfThere(draft);
      this.#trouble ??= `${DISK_FULL} (${messageOf(error)}).`;
    }
  }
}

/** Writes random bytes, because zeros and short repetitions take no space on some file systems. */
function writeRandom(path: string, bytes: number): void {
  using file = Deno.openSync(path, { create: true, write: true, truncate: true, mode: PRIVATE_FILE });
  const noise = new Uint8Array(512 * 1024);
  for (let at = 0; at < noise.length; at += MAX_AT_ONCE) {
    crypto.getRandomValues(noise.subarray(at, at + MAX_AT_ONCE));
  }
  for (let written = 0; written < bytes;) written += file.writeSync(noise.subarray(0, bytes - written));
}
