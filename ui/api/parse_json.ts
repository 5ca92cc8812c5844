/** JSON from outside: looked at before it is read, and read with pauses where it is long. */
import { DoubledKey, InexactNumber, inTurns, JsonText, printable } from "@persistent-queue/queue";
import { isEndOfList, type JsonShape, shapeOf } from "./json_shape.ts";
import { HttpError, tooLarge } from "../http/errors.ts";

/** @throws {SyntaxError} {HttpError} 400 or 413 for what would be lost, or takes too long to read */
export async function jsonText(text: string): Promise<JsonText> {
  shapeOf(new TextEncoder().encode(text));
  return await inTurns(refusing(JsonText.whole(text)));
}

export interface ListLimits {
  /** Elements. */
  readonly most: number;
  /** Bytes of one element, and of whatever is no list. */
  readonly mostBytes: number;
  /** What is said of more elements. */
  readonly tooMany: (count: number) => HttpError;
}

/**
 * An object, or a list of them, whose members of this name stay text.
 * @throws {SyntaxError} {TypeError} where it is not UTF-8 {HttpError}
 */
export async function parseMembers(bytes: Uint8Array, name: string, limits: ListLimits): Promise<unknown> {
  const { list } = shapeOf(bytes);
  if (list !== null) {
    if (list.count > limits.most) throw limits.tooMany(list.count);
    return await inTurns(elementsOf(bytes, { list, name, mostBytes: limits.mostBytes }));
  }
  if (bytes.length > limits.mostBytes) throw tooLarge();
  return await inTurns(refusing(JsonText.members(decoded(bytes), name)));
}

/** More than any client needs where they are all looked at. */
const MOST_MEMBERS = 1_000;

/** The value, which has few members. @throws {SyntaxError} {TypeError} where it is not UTF-8 {HttpError} */
export async function parseSmallJson(bytes: Uint8Array, mostBytes: number): Promise<unknown> {
  if (bytes.length > mostBytes || shapeOf(bytes).members > MOST_MEMBERS) throw tooLarge();
  const { text } = await inTurns(refusing(JsonText.whole(decoded(bytes))));
  return JSON.parse(text);
}

interface Elements {
  readonly list: NonNullable<JsonShape["list"]>;
  readonly name: string;
  readonly mostBytes: number;
}

function* elementsOf(
  bytes: Uint8Array,
  { list, name, mostBytes }: Elements,
): Generator<undefined, unknown[]> {
  const { commas, start, end, count } = list;
  if (end === null || !isEndOfList(bytes, end)) throw new SyntaxError("the list does not end as one");
  const all: unknown[] = [];
  let from = start + 1;
  for (const comma of [...commas, end]) {
    if (comma - from > mostBytes) throw tooLarge();
    const text = decoded(bytes.subarray(from, comma), { ignoreBOM: true });
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

/** What would be lost is refused in a sentence. `place`: where in the whole this is. */
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
  if (!(error instanceof DoubledKey)) return error;
  const key = printable(error.key, { maxLength: 60 });
  return new HttpError(
    400,
    "invalid_json",
    `The key "${key}" stands twice in one object: only one of its values would be kept.`,
  );
}

function decoded(bytes: Uint8Array, { ignoreBOM = false } = {}): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
}
