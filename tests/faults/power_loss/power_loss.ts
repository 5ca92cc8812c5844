/**
 * A model of what a power loss leaves of a database in WAL mode: what SQLite had synced is there, and any part of what it
 * has written since may or may not be. When it syncs depends on `PRAGMA synchronous`, which is read from the connection
 * itself. https://www.sqlite.org/pragma.html#pragma_synchronous
 *
 * The live files are read with the file API, which drops SQLite's locks: only for tests without another process.
 */
import type { DatabaseSync } from "node:sqlite";
import type { Random } from "../../support/random.ts";
import type { SqlCall } from "../../support/damage/sql_calls.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The files of a database, as they are or as they would be. */
export interface DatabaseFiles {
  readonly database: Bytes;
  readonly log: Bytes;
}

const OFF = 0;
const FULL = 2;
const NOTHING: Bytes = new Uint8Array(0);
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const PAGE = 4096;
/** What a disk writes atomically. */
const SECTOR = 512;

export class PowerLossModel {
  readonly #path: string;
  #database: Bytes;
  /** How far the log is synced, and which log that was: a new log has other salts. */
  #log: { readonly end: number; readonly salts: string };
  #isOrdered = true;

  /** The current content counts as synced. */
  constructor(path: string) {
    this.#path = path;
    const { database, log } = readFiles(path);
    this.#database = database;
    this.#log = { end: endOf(log), salts: saltsOf(log) };
  }

  /** Call it after each call that may have synced something. */
  note({ db, name }: SqlCall): void {
    if (name !== "COMMIT" && name !== "shrinkLog") return;
    const level = synchronous(db);
    this.#isOrdered = level !== OFF;
    if (level === OFF) return;
    const { database, log } = readFiles(this.#path);
    // A checkpoint syncs the log, then writes the database, then syncs that.
    const wasFolded = name === "shrinkLog" || !isEqual(database, this.#database);
    if (wasFolded) this.#database = database;
    if (wasFolded || level >= FULL) this.#log = { end: endOf(log), salts: saltsOf(log) };
  }

  /** The files as they might be found if the power failed now. */
  strike(chance: Random): DatabaseFiles {
    const now = readFiles(this.#path);
    const kept = saltsOf(now.log) === this.#log.salts ? this.#log.end : 0;
    const log = join(now.log.slice(0, kept), tail(now.log.slice(kept), chance));
    if (!this.#isOrdered) return { database: spoil(now.database, this.#database, chance), log };
    // Pages go to the database only after the log that holds them is synced, so one of the two is whole.
    const isFolding = !isEqual(now.database, this.#database) && chance.chance(0.7);
    if (isFolding) return { database: spoil(now.database, this.#database, chance), log: now.log };
    return { database: this.#database, log };
  }
}

function readFiles(path: string): DatabaseFiles {
  const read = (name: string) => {
    try {
      return Deno.readFileSync(name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return NOTHING;
      throw error;
    }
  };
  return { database: read(path), log: read(`${path}-wal`) };
}

function synchronous(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA synchronous").get()?.synchronous);
}

function saltsOf(log: Bytes): string {
  return log.slice(16, 24).join();
}

/** The end of the last frame of this log; what follows is left over from an earlier one. */
function endOf(log: Bytes): number {
  const salts = saltsOf(log);
  let end = Math.min(log.length, LOG_HEADER);
  while (end + FRAME_HEADER + PAGE <= log.length && log.slice(end + 8, end + 16).join() === salts) {
    end += FRAME_HEADER + PAGE;
  }
  return end;
}

/** Each page is the new or the old one; without an old one, perhaps nothing. */
function spoil(now: Bytes, before: Bytes, chance: Random): Bytes {
  const found = now.slice();
  for (let at = 0; at < now.length; at += PAGE) {
    if (chance.chance(0.5)) continue;
    found.fill(0, at, at + PAGE);
    found.set(before.subarray(at, at + PAGE), at);
  }
  return found.length > before.length && chance.chance(0.5) ? found.slice(0, before.length) : found;
}

/** The end of the log after a power loss, which may be anything. */
function tail(unsynced: Bytes, chance: Random): Bytes {
  switch (chance.below(5)) {
    case 0:
      return NOTHING;
    case 1:
      return unsynced;
    case 2:
      return unsynced.slice(0, chance.below(unsynced.length + 1));
    case 3:
      return garbage(chance);
    default: {
      const found = unsynced.slice();
      for (let at = 0; at < found.length; at += SECTOR) {
        if (chance.chance(0.5)) found.fill(0, at, at + SECTOR);
      }
      return found;
    }
  }
}

function garbage(chance: Random): Bytes {
  return Uint8Array.from({ length: 1 + chance.below(2 * PAGE) }, () => chance.below(256));
}

function join(one: Bytes, other: Bytes): Bytes {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function isEqual(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
