/**
 * Room put by for the day the disk is full: a file beside the database. It is given up so that what is under way can
 * still be written down (claims, heartbeats, endings, moves) while new jobs are refused, and is put by again as soon
 * as there is room: that it could be written is also the proof that the disk is no longer full.
 */
import { messageOf, StorageError } from "../errors.ts";
import { PRIVATE_FILE, removeIfThere, sizeOf } from "./database_file.ts";

/** A write-ahead log before it is folded back (4 MB), and as much again for what the database grows by. */
const BYTES = 8 * 2 ** 20;
/** Free beyond that before new jobs are taken again: else the first of them would meet a full disk once more. */
const MARGIN_BYTES = 2 * 2 ** 20;
const RETRY_MS = 1_000;
/** Bytes of chance that the runtime gives in one call. */
const MOST_AT_ONCE = 65_536;

export class Reserve {
  readonly #file: string;
  /** Why there is no room, or null. */
  #trouble: string | null = null;
  #triedAt = -Infinity;

  /** `path`: of the database. */
  constructor(path: string) {
    this.#file = `${path}.reserve`;
    if (sizeOf(this.#file) !== BYTES) this.#putBy();
  }

  /** The disk is full. Gives the room back; answers whether there was any. */
  spend(why: string): boolean {
    this.#trouble ??= why;
    const wasThere = sizeOf(this.#file) !== null;
    removeIfThere(this.#file);
    return wasThere;
  }

  /** Nothing was given up, but nothing new is taken either until there is room. */
  note(why: string): void {
    this.#trouble ??= why;
  }

  /** @throws {StorageError} while the disk is full; looks once a second whether it still is */
  assertRoom(): void {
    if (this.#trouble === null) return;
    if (performance.now() - this.#triedAt >= RETRY_MS) this.#putBy();
    if (this.#trouble !== null) throw new StorageError(this.#trouble, { passing: true });
  }

  #putBy(): void {
    this.#triedAt = performance.now();
    const draft = `${this.#file}.new`;
    try {
      writeChaos(draft, BYTES + MARGIN_BYTES);
      Deno.truncateSync(draft, BYTES);
      Deno.renameSync(draft, this.#file);
      this.#trouble = null;
    } catch (error) {
      removeIfThere(draft);
      this.#trouble ??= `The disk is full: make room and the queue goes on by itself (${messageOf(error)}).`;
    }
  }
}

/** Not zeros: there are file systems on which those, or what repeats soon, take no room. */
function writeChaos(path: string, bytes: number): void {
  using file = Deno.openSync(path, { create: true, write: true, truncate: true, mode: PRIVATE_FILE });
  const chaos = new Uint8Array(512 * 1024);
  for (let at = 0; at < chaos.length; at += MOST_AT_ONCE) {
    crypto.getRandomValues(chaos.subarray(at, at + MOST_AT_ONCE));
  }
  for (let written = 0; written < bytes;) written += file.writeSync(chaos.subarray(0, bytes - written));
}
