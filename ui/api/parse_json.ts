/** Parses untrusted JSON: its shape is checked first, and long JSON is parsed with pauses. */
import { DuplicateKey, InexactNumber, inTurns, JsonText, printable } from "@persistent-queue/queue";
import { HttpError, tooLarge } from "../http/errors.ts";

/** @throws {SyntaxError} {HttpError} 400 or 413 for what would be lost, or takes too long to parse */
export async function jsonText(text: string): Promise<JsonText> {
  shapeOf(new TextEncoder().encode(text));
  return await inTurns(refusing(JsonText.whole(text)));
}

interface ListLimits {
  /** Elements. */
  readonly most: number;
  /** Bytes of one element, and of anything that is not a list. */
  readonly maxBytes: number;
  /** The error for more elements. */
  readonly tooMany: (count: number) => HttpError;
}

/**
 * Parses an object, or a list of objects; members of this name stay text.
 * @throws {SyntaxError} {TypeError} if it is not UTF-8 {HttpError}
 */
export async function parseMembers(bytes: Uint8Array, name: string, limits: ListLimits): Promise<unknown> {
  const { list } = shapeOf(bytes);
  if (list !== null) {
    if (list.count > limits.most) throw limits.tooMany(list.count);
    return await inTurns(elementsOf(bytes, { list, name, maxBytes: limits.maxBytes }));
  }
  if (bytes.length > limits.maxBytes) throw tooLarge(limits.maxBytes, "This job");
  return await inTurns(refusing(JsonText.members(WHOLE.decode(bytes), name)));
}

/** More than any client needs in a small request. */
const MAX_MEMBERS = 1_000;

/** Parses a value with few members. @throws {SyntaxError} {TypeError} if it is not UTF-8 {HttpError} */
export async function parseSmallJson(bytes: Uint8Array, maxBytes: number): Promise<unknown> {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  if (shapeOf(bytes).members > MAX_MEMBERS) throw tooManyMembers();
  const { text } = await inTurns(refusing(JsonText.whole(WHOLE.decode(bytes))));
  return JSON.parse(text);
}

interface Elements {
  readonly list: NonNullable<JsonShape["list"]>;
  readonly name: string;
  readonly maxBytes: number;
}

function* elementsOf(
  bytes: Uint8Array,
  { list, name, maxBytes }: Elements,
): Generator<undefined, unknown[]> {
  const { commas, start, end, count } = list;
  if (end === null || !isEndOfList(bytes, end)) throw new SyntaxError("the list does not end as one");
  const all: unknown[] = [];
  let from = start + 1;
  for (const comma of [...commas, end]) {
    if (comma - from > maxBytes) throw tooLarge(maxBytes, `The job at [${all.length}]`);
    const text = ELEMENT.decode(bytes.subarray(from, comma));
    if (/^[ \t\r\n]*$/.test(text)) {
      if (count === 1) return [];
      throw new SyntaxError("an element is missing");
    }
    all.push(yield* refusing(JsonText.members(text, name), `[${all.length}]`));
    yield;
    from = comma + 1;
  }
  return all;
}

/** Turns errors about values that would be lost into messages. `place`: where in the whole text the value is. */
function* refusing<Value>(reading: Generator<undefined, Value>, place = ""): Generator<undefined, Value> {
  try {
    return yield* reading;
  } catch (error) {
    throw refusalOf(error, place);
  }
}

function refusalOf(error: unknown, place: string): unknown {
  if (error instanceof InexactNumber) {
    const isStep = place === "" || error.path === "" || error.path.startsWith("[");
    const { message } = new InexactNumber(error.number, `${place}${isStep ? "" : "."}${error.path}`);
    return new HttpError(400, "invalid_json", `The JSON cannot be kept as it is: ${message}.`);
  }
  if (!(error instanceof DuplicateKey)) return error;
  const key = printable(error.key, { maxLength: 60 });
  return new HttpError(
    400,
    "invalid_json",
    `The key "${key}" appears twice in one object: only one of its values would be kept.`,
  );
}

const WHOLE = new TextDecoder("utf-8", { fatal: true });
/** For the elements of a list, where a byte order mark has no meaning. */
const ELEMENT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A payload nests at most 500 levels; the rest is for what surrounds it. */
const MAX_LEVELS = 510;
/** Per job: `JSON.parse` creates about two thousand per millisecond. */
const MAX_CONTAINERS = 100_000;
/** Per request. */
const MAX_CONTAINERS_IN_ALL = 500_000;
/** More elements than a request may have. */
const MAX_COMMAS = 100_000;

/**
 * The shape of JSON text, determined from its bytes alone. `JSON.parse` takes seconds for a few megabytes of brackets, so
 * they are counted before it is called; and a long list is parsed element by element.
 */
interface JsonShape {
  /** The number of object members, counted by their colons. */
  readonly members: number;
  /** Null if it is not a list. Only its brackets were counted: it may still turn out not to be JSON. */
  readonly list: null | {
    /** Elements. */
    readonly count: number;
    /** The positions of the commas between them; if there are very many, of the first ones only. */
    readonly commas: readonly number[];
    /** The positions of its brackets; null if the closing one is missing. */
    readonly start: number;
    readonly end: number | null;
  };
}

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @throws {HttpError} 400 for too many levels, 413 for more lists and objects than can be parsed quickly */
function shapeOf(bytes: Uint8Array): JsonShape {
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
      if (++level > MAX_LEVELS) throw tooDeep();
      if (++containers - before > MAX_CONTAINERS || containers > MAX_CONTAINERS_IN_ALL) throw tooMany();
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (--level === 0) return shapeTo(i);
    } else if (byte === COLON) members++;
    else if (byte === COMMA && level === 1 && isList) {
      if (++count < MAX_COMMAS) commas.push(i);
      before = containers;
    }
  }
  return shapeTo(null);
}

/** The position of the first byte after a byte order mark and white space. */
function firstOf(bytes: Uint8Array): number {
  let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (isSpace(bytes[i])) i++;
  return i;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The position of the quote that ends the string beginning at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i;
  }
  return bytes.length;
}

/** Whether a list ends there, followed by nothing but white space. */
function isEndOfList(bytes: Uint8Array, end: number): boolean {
  return bytes[end] === CLOSE_LIST && bytes.subarray(end + 1).every(isSpace);
}

function tooDeep(): HttpError {
  return new HttpError(400, "invalid_json", "This JSON nests more than 500 levels deep: make it flatter.");
}

function tooManyMembers(): HttpError {
  const most = MAX_MEMBERS.toLocaleString("en");
  return new HttpError(413, "too_large", `This JSON has too many fields: at most ${most} are accepted.`);
}

function tooMany(): HttpError {
  return new HttpError(
    413,
    "too_large",
    "This JSON holds too many lists and objects: a job may have 100,000 of them, and a request 500,000.",
  );
}
