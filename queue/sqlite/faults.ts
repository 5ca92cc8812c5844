/** Turns SQLite's errors into sentences. Codes: https://www.sqlite.org/rescode.html */
import { messageOf, RejectedWrite, StorageError } from "../errors.ts";

export const DISK_FULL = "The disk is full: make room and the queue goes on by itself";

const SENTENCES: Record<number, string> = {
  1: "The database is not as this system made it: undo what was changed by hand",
  5: "The database is locked by another program: end its transaction",
  6: "The database is locked by another program: end its transaction",
  7: "The machine is out of memory",
  8: "The database cannot be written: check the permissions of its file and folder",
  10: "The disk reports an input/output error: check the disk and the file system",
  11: "The database is damaged: restore a backup (see Backup in docs/operations.md)",
  13: DISK_FULL,
  14: "The database cannot be opened: check that its folder exists and can be written",
  26: "The file is not a SQLite database: check QUEUE_URL",
};

/** Waiting does not help against these. */
const FINAL = [11, 26];
const BUSY = [5, 6];
const READ_ONLY = 8;
const CANNOT_OPEN = 14;
const FULL = 13;
/** SQLITE_IOERR_SHMSIZE: no room for the index of the log, because the disk is full while the database is opened. */
const FULL_AT_OPENING = 10 | (19 << 8);
/** A value violates a rule of the table, or a trigger refuses it: the storage itself works. */
const CONSTRAINT = 19;
/** A value of a type that SQLite does not have. */
const UNBINDABLE = ["ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_VALUE"];

/** SQLite's primary result code, or null if the error is not SQLite's. Errors of `exec()` carry no code. */
function codeOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  if ("errcode" in error && typeof error.errcode === "number") {
    return error.errcode === FULL_AT_OPENING ? FULL : error.errcode & 0xff;
  }
  if (/database is locked/.test(messageOf(error))) return 5;
  if (/database or disk is full/.test(messageOf(error))) return FULL;
  if (/disk image is malformed/.test(messageOf(error))) return 11;
  if (/file is not a database/.test(messageOf(error))) return 26;
  if (/attempt to write a readonly database/.test(messageOf(error))) return READ_ONLY;
  if (/unable to open database/.test(messageOf(error))) return 14;
  return null;
}

/** The connection is read-only: this user may not write the file, or one beside it. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === READ_ONLY;
}

/** A file, or one beside it, that exists and cannot be opened: usually this user may not. */
export function isUnopenable(error: unknown): boolean {
  return codeOf(error) === CANNOT_OPEN;
}

export function isBusy(error: unknown): boolean {
  return BUSY.includes(codeOf(error) ?? -1);
}

/** The disk has no room for the whole turn; a part of it may fit. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

export function isStorageFault(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof StorageError || (code !== null && code !== CONSTRAINT);
}

export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error) ?? -1;
  const known = SENTENCES[code];
  const facts = { cause: error, passing: !FINAL.includes(code) };
  return known === undefined
    ? new StorageError(`The database failed: ${messageOf(error)}.`, facts)
    : new StorageError(`${known} (${messageOf(error)}).`, { ...facts, publicMessage: `${known}.` });
}

/** What the caller of a failed write gets: an error of the store's contract, if there is one for it. */
export function toWriteError(error: unknown): unknown {
  if (isStorageFault(error)) return toStorageError(error);
  if (codeOf(error) !== CONSTRAINT && !isUnbindable(error)) return error;
  return new RejectedWrite(`The database refused it: ${messageOf(error)}.`, { cause: error });
}

function isUnbindable(error: unknown): boolean {
  return error instanceof TypeError && "code" in error && UNBINDABLE.includes(String(error.code));
}
