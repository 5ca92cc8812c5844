/**
 * JSON with exact numbers. `JSON.parse` rounds numbers that a double cannot hold, and `JSON.stringify` writes −0 as 0 and
 * non-finite numbers as null, all without an error.
 */

/** A number that the conversion would change. */
export class InexactNumber extends Error {
  override readonly name = "InexactNumber";
  constructor(readonly number: string, readonly path: string) {
    const shown = number.length > 60 ? `${number.slice(0, 60)}…` : number;
    super(
      `the number ${shown}${
        path === "" ? "" : ` at ${path}`
      } is more than a double can hold: send it as text, "${shown}"`,
    );
  }
}

/** ECMAScript has this, but the type library does not yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** Matches if the text may hold a number that a double rounds: one with many digits, or a very large or small one. */
const MAYBE_ROUNDED = /[\d.]{16}|\d[eE]/;
/** @throws {InexactNumber} The text must be valid JSON. */
export function assertExact(json: string): void {
  if (!MAYBE_ROUNDED.test(json)) return;
  for (const { number, path } of numbersIn(json)) {
    if (!isExact(number)) throw new InexactNumber(number, path);
  }
}

/** Matches if JSON text may hide a −0 or a non-finite number. */
const MAYBE_LOST = /(?:^|[[:,])(?:0|null)(?:[\],}]|$)/;

/**
 * Like `JSON.stringify`, which returns undefined for values that JSON cannot hold.
 * @throws {InexactNumber} for non-finite numbers; {TypeError} for cycles and big integers
 */
export function exactJson(value: unknown): string | undefined {
  // The payload of most jobs.
  if (value === null) return "null";
  const json = JSON.stringify(value);
  if (json === undefined || !MAYBE_LOST.test(json)) return json;
  return JSON.stringify(value, (key, part: unknown) => {
    if (typeof part !== "number") return part;
    if (!Number.isFinite(part)) throw new InexactNumber(String(part), key);
    return Object.is(part, -0) ? rawJSON("-0") : part;
  });
}

/** Whether a double holds this decimal number exactly. */
export function isExact(number: string): boolean {
  const held = Number(number);
  return Number.isFinite(held) && normalized(number) === normalized(String(held));
}

/** `-12.50e3` → `-125e2`: a unique text for each decimal number; zero has no sign. */
function normalized(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return "0";
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}

interface Found {
  readonly number: string;
  /** `items[3].id`; empty for the value itself. */
  readonly path: string;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^"[\]{},:\s]+/gs;

/** The numbers of valid JSON text, each with its path. */
function* numbersIn(json: string): Generator<Found> {
  const path: (string | number)[] = [];
  let word = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{") path.push("");
    else if (token === "[") path.push(0);
    else if (token === "]" || token === "}") path.pop();
    else if (token === ":") path[path.length - 1] = JSON.parse(word);
    else if (token === ",") {
      const last = path.at(-1);
      if (typeof last === "number") path[path.length - 1] = last + 1;
    } else if (/^[-\d]/.test(token)) yield { number: token, path: pathInWords(path) };
    word = token;
  }
}

function pathInWords(path: readonly (string | number)[]): string {
  return path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("").replace(/^\./, "")
    .slice(0, 200);
}
