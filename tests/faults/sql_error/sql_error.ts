/** Errors that look like those of `node:sqlite`, by SQLite's result code. */

const TEXTS: Record<number, string> = {
  5: "database is locked",
  7: "out of memory",
  8: "attempt to write a readonly database",
  10: "disk I/O error",
  11: "database disk image is malformed",
  13: "database or disk is full",
};

/** `code` may be an extended one. Errors of `exec()` do not carry it. */
export function sqlError(code: number, how: string): Error {
  const text = TEXTS[code & 0xff];
  if (text === undefined) throw new RangeError(`No words for SQLite's error ${code}`);
  const facts = how === "exec" ? {} : { errcode: code, errstr: text };
  return Object.assign(new Error(text), { code: "ERR_SQLITE_ERROR", ...facts });
}
