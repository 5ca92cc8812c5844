/** What a handler logs, as text, and its latest lines, which the page of its job shows if it fails. */
import { clean } from "./error_report.ts";

const { inspect } = Deno;

const MAX_LINES = 100;
const MAX_CHARACTERS = 16_000;
const LONGEST_LINE = 2_000;

const INSPECT_OPTIONS: Deno.InspectOptions = {
  ...{
    colors: false,
    compact: true,
    breakLength: Infinity,
    depth: 4,
    iterableLimit: 50,
    strAbbreviateSize: 2_000,
  },
};

/** The latest lines of one attempt. */
export class KeptLines {
  readonly #began: number;
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #dropped = 0;
  #length = 0;

  /** `now`: monotonic, in milliseconds; `began`: by the same clock. */
  constructor(began: number, now: () => number) {
    this.#began = began;
    this.#now = now;
  }

  add(text: string): void {
    const seconds = ((this.#now() - this.#began) / 1000).toFixed(3);
    const line = `+${seconds} s ${clean(text, LONGEST_LINE).replaceAll("\n", "\\n")}`;
    this.#lines.push(line);
    this.#length += line.length + 1;
    while (this.#lines.length > MAX_LINES || this.#length > MAX_CHARACTERS) {
      this.#length -= (this.#lines.shift()?.length ?? 0) + 1;
      this.#dropped += 1;
    }
  }

  /** Null if nothing was logged. */
  get text(): string | null {
    if (this.#lines.length === 0) return null;
    const earlier = this.#dropped === 0 ? [] : [`(${this.#dropped} earlier lines are in the consumer's log)`];
    return [...earlier, ...this.#lines].join("\n");
  }
}

/** Any values, as text on one line; never throws. */
export function inspectValues(values: readonly unknown[]): string {
  return values.map(inspectValue).join(" ");
}

function inspectValue(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return inspect(value, INSPECT_OPTIONS);
  } catch {
    return "(a value that cannot be shown)";
  }
}
