/** What SQLite's errors mean for people. Codes: https://www.sqlite.org/rescode.html */
import { messageOf, StorageError } from "../errors.ts";

const SENTENCES: Record<number, { sentence: string; passing: boolean }> = {
  5: { sentence: "The database is locked by another program: end its transaction", passing: true },
  6: { sentence: "The database is locked by another program: end its transaction", passing: true },
  7: { sentence: "The machine is out of memory", passing: true },
  8: {
    sentence: "The database cannot be written: check the permissions of its file and folder",
    passing: true,
  },
  10: {
    sentence: "The disk reports an input/output error: check the disk and the file system",
    passing: true,
  },
  11: { sentence: "The database is damaged: restore a backup (README, Backup)", passing: false },
  13: { sentence: "The disk is full: make room and the queue goes on by itself", passing: true },
  14: {
    sentence: "The database cannot be opened: check that its folder exists and can be written",
    passing: false,
  },
  26: { sentence: "The file is not a SQLite database: check QUEUE_URL", passing: false },
};

const BUSY = [5, 6];

/** SQLite's primary result code, or null where the error is not SQLite's. Errors of `exec()` carry no code. */
function codeOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null) return null;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff;
  if (/database is locked/.test(messageOf(error))) return 5;
  if (/database or disk is full/.test(messageOf(error))) return 13;
  if (/disk image is malformed/.test(messageOf(error))) return 11;
  if (/file is not a database/.test(messageOf(error))) return 26;
  if (/unable to open database/.test(messageOf(error))) return 14;
  return null;
}

export function isBusy(error: unknown): boolean {
  return BUSY.includes(codeOf(error) ?? -1);
}

export function isStorageFault(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof StorageError || (code !== null && code in SENTENCES);
}

export function toStorageError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const known = SENTENCES[codeOf(error) ?? -1];
  const sentence = known
    ? `${known.sentence} (${messageOf(error)}).`
    : `The database failed: ${messageOf(error)}.`;
  return new StorageError(sentence, { cause: error, passing: known?.passing ?? false });
}
