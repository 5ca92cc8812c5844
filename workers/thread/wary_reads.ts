/** Reads what a handler threw: any property may be a getter that throws, and any object a proxy. */

/** Limit for one value shown with an error, in characters. */
const MAX_VALUE = 1_000;

export function isError(thrown: unknown): thrown is Error {
  return read(() => thrown instanceof Error) === true;
}

export function inspected(value: unknown, { isShort }: { isShort: boolean }): string {
  const words = text(() =>
    Deno.inspect(value, {
      depth: isShort ? 3 : 6,
      compact: true,
      breakLength: isShort ? Infinity : 100,
      iterableLimit: 50,
      strAbbreviateSize: MAX_VALUE,
    })
  ) ?? "a value that cannot be described";
  return isShort && words.length > MAX_VALUE ? `${words.slice(0, MAX_VALUE)}…` : words;
}

/** Null if reading it throws, or if it is not text. */
export function text(work: () => unknown): string | null {
  const value = read(work);
  if (value === undefined || value === null) return null;
  const words = typeof value === "string" ? value : read(() => String(value));
  return typeof words === "string" ? words : null;
}

export function read(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return undefined;
  }
}
