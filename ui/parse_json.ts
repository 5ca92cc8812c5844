/** JSON from outside: looked at before it is parsed, and parsed in slices where it is long. */
import { breathe, doubledKeyIn, InexactNumber, parseExactly, printable } from "@persistent-queue/queue";
import { isEndOfList, type JsonShape, shapeOf } from "./json_shape.ts";
import { Refusal, tooLarge } from "./refusal.ts";

/** Bytes that are parsed in one go: a millisecond's worth, seldom ten. */
const SLICE_BYTES = 128 * 1024;

/** @throws {SyntaxError} {Refusal} 400 or 413 for what would take too long to parse */
export function parseJson(text: string): unknown {
  const { members } = shapeOf(new TextEncoder().encode(text));
  return parsed(text, members);
}

export interface ListLimits {
  /** Elements. */
  readonly most: number;
  /** Bytes of one element, and of whatever is no list. */
  readonly mostBytes: number;
  /** What is said of more elements. */
  readonly tooMany: (count: number) => Refusal;
}

/**
 * The thread is free between the slices of a long list.
 * @throws {SyntaxError} {TypeError} where it is not UTF-8 {Refusal}
 */
export async function parseJsonBytes(bytes: Uint8Array, limits: ListLimits): Promise<unknown> {
  const { list, members } = shapeOf(bytes);
  if (list === null && bytes.length > limits.mostBytes) throw tooLarge();
  if (list !== null && list.count > limits.most) throw limits.tooMany(list.count);
  if (list === null || bytes.length <= SLICE_BYTES) return parsed(decoded(bytes), members);
  return await parseList(bytes, list, limits.mostBytes);
}

async function parseList(
  bytes: Uint8Array,
  { commas, members, start, end }: NonNullable<JsonShape["list"]>,
  mostBytes: number,
): Promise<unknown[]> {
  if (end === null || !isEndOfList(bytes, end)) throw new SyntaxError("the list does not end as one");
  const all: unknown[] = [];
  let from = start + 1;
  let before = from;
  let membersBefore = 0;
  for (const [i, comma] of [...commas, end].entries()) {
    if (comma - before > mostBytes) throw tooLarge();
    before = comma + 1;
    if (comma - from < SLICE_BYTES && comma !== end) continue;
    const text = `[${decoded(bytes.subarray(from, comma), { ignoreBOM: true })}]`;
    const membersTo = members[i] ?? 0;
    const slice = parsed(text, membersTo - membersBefore, all.length);
    membersBefore = membersTo;
    if (!Array.isArray(slice) || slice.length === 0) throw new SyntaxError("an element is missing");
    for (const element of slice) all.push(element);
    from = comma + 1;
    await breathe();
  }
  return all;
}

/**
 * `members`: as many as its objects must have. `first`: where this slice of a list begins in the whole. What would be lost
 * on the way is refused.
 */
function parsed(json: string, members: number, first = 0): unknown {
  try {
    const value = parseExactly(json);
    if (membersOf(value) === members) return value;
  } catch (error) {
    if (!(error instanceof InexactNumber)) throw error;
    const path = error.path.replace(/^\[(\d+)\]/, (_, index) => `[${first + Number(index)}]`);
    const { message } = new InexactNumber(error.number, path);
    throw new Refusal(400, "invalid_json", `The JSON cannot be kept as it is: ${message}.`);
  }
  const key = printable(doubledKeyIn(json) ?? "", { maxLength: 60 });
  throw new Refusal(
    400,
    "invalid_json",
    `The key "${key}" stands twice in one object: only one of its values would be kept.`,
  );
}

/** A number that is kept to the letter is an object of its own kind. */
const { isRawJSON } = JSON as unknown as { isRawJSON(value: unknown): boolean };

function membersOf(value: unknown): number {
  if (typeof value !== "object" || value === null || isRawJSON(value)) return 0;
  const parts: unknown[] = Object.values(value);
  return parts.reduce<number>((sum, part) => sum + membersOf(part), Array.isArray(value) ? 0 : parts.length);
}

function decoded(bytes: Uint8Array, { ignoreBOM = false } = {}): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
}
