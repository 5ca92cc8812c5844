/**
 * What JSON text is made of, told by its bytes alone. `JSON.parse` takes seconds for some megabytes of brackets, so they
 * are counted before it is called; and a long list is read element by element.
 */
import { HttpError } from "../http/errors.ts";

/** A payload nests 500 levels at most; the rest is for what stands around it. */
const MOST_LEVELS = 510;
/** In one job: `JSON.parse` makes about two thousand a millisecond. */
const MOST_CONTAINERS = 100_000;
/** In all that one request brings. */
const MOST_CONTAINERS_IN_ALL = 500_000;
/** More elements than a request may have. */
const MOST_COMMAS = 100_000;

export interface JsonShape {
  /** Members of objects: what stands before a colon. */
  readonly members: number;
  /** Null where it is none. Only its brackets were counted: that it is JSON has still to be found out. */
  readonly list: null | {
    /** Elements. */
    readonly count: number;
    /** The places of the commas between them, of the first ones where there are very many. */
    readonly commas: readonly number[];
    /** Where its brackets stand; null for an end that does not come. */
    readonly start: number;
    readonly end: number | null;
  };
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @throws {HttpError} 400 for too many levels, 413 for more lists and objects than can be parsed in a moment */
export function shapeOf(bytes: Uint8Array): JsonShape {
  const start = firstOf(bytes);
  const isList = bytes[start] === OPEN_LIST;
  const commas: number[] = [];
  let [level, containers, before, count, members] = [0, 0, 0, 1, 0];
  const shapeTo = (end: number | null): JsonShape => {
    return { members, list: isList ? { count, commas, start, end } : null };
  };
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++level > MOST_LEVELS) throw tooDeep();
      if (++containers - before > MOST_CONTAINERS || containers > MOST_CONTAINERS_IN_ALL) throw tooMany();
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (--level === 0) return shapeTo(i);
    } else if (byte === COLON) members++;
    else if (byte === COMMA && level === 1 && isList) {
      if (++count < MOST_COMMAS) commas.push(i);
      before = containers;
    }
  }
  return shapeTo(null);
}

/** The place of the first byte that is no space and no byte order mark. */
function firstOf(bytes: Uint8Array): number {
  let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (isSpace(bytes[i])) i++;
  return i;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The place of the quote that ends the string which begins at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

/** Whether a list ends there, and nothing but spaces stands behind it. */
export function isEndOfList(bytes: Uint8Array, end: number): boolean {
  return bytes[end] === CLOSE_LIST && bytes.subarray(end + 1).every(isSpace);
}

function tooDeep(): HttpError {
  return new HttpError(400, "invalid_json", "This JSON nests more than 500 levels deep: make it flatter.");
}

function tooMany(): HttpError {
  return new HttpError(
    413,
    "too_large",
    "This JSON holds too many lists and objects: a job may have 100,000 of them, and a request 500,000.",
  );
}
