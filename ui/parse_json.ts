/** JSON from outside: looked at before it is parsed, and parsed in slices where it is long. */
import { breathe } from "@persistent-queue/queue";
import { isEndOfList, type JsonShape, shapeOf } from "./json_shape.ts";
import { type Refusal, tooLarge } from "./refusal.ts";

/** Bytes that are parsed in one go: a millisecond's worth, seldom ten. */
const SLICE_BYTES = 128 * 1024;

/** @throws {SyntaxError} {Refusal} 400 or 413 for what would take too long to parse */
export function parseJson(text: string): unknown {
  shapeOf(new TextEncoder().encode(text));
  return JSON.parse(text);
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
  const { list } = shapeOf(bytes);
  if (list === null && bytes.length > limits.mostBytes) throw tooLarge();
  if (list !== null && list.count > limits.most) throw limits.tooMany(list.count);
  if (list === null || bytes.length <= SLICE_BYTES) return JSON.parse(decoded(bytes));
  return await parseList(bytes, list, limits.mostBytes);
}

async function parseList(
  bytes: Uint8Array,
  { commas, start, end }: NonNullable<JsonShape["list"]>,
  mostBytes: number,
): Promise<unknown[]> {
  if (end === null || !isEndOfList(bytes, end)) throw new SyntaxError("the list does not end as one");
  const all: unknown[] = [];
  let from = start + 1;
  let before = from;
  for (const comma of [...commas, end]) {
    if (comma - before > mostBytes) throw tooLarge();
    before = comma + 1;
    if (comma - from < SLICE_BYTES && comma !== end) continue;
    const slice: unknown = JSON.parse(`[${decoded(bytes.subarray(from, comma), { ignoreBOM: true })}]`);
    if (!Array.isArray(slice) || slice.length === 0) throw new SyntaxError("an element is missing");
    for (const element of slice) all.push(element);
    from = comma + 1;
    await breathe();
  }
  return all;
}

function decoded(bytes: Uint8Array, { ignoreBOM = false } = {}): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM }).decode(bytes);
}
