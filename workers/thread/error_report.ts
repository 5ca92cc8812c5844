/**
 * What is kept of a value that a handler threw: the error line that is read first, and the detail that helps to fix it.
 * Made in the thread, where the thrown value is. Nothing here may throw, even though messages can be getters and
 * objects can be proxies.
 */
import { innerErrorsOf, NO_INNER } from "./inner_errors.ts";
import { plainWords } from "./plain_words.ts";
import { inspected, isError, read, text } from "./wary_reads.ts";
import { placesIn } from "./stack_places.ts";

export interface ErrorReport {
  /** Class, message and causes, then a line with the first place in the team's own code. */
  readonly error: string;
  /** Stack, code, causes, inner errors, further properties; null if there is nothing to add. */
  readonly detail: string | null;
}

/** Used if even describing an error fails. */
export const INDESCRIBABLE = "The thrown value cannot be described";

const MAX_ERROR = 10_000;
const MAX_DETAIL = 16_000;
const MAX_CAUSES = 8;
/** Inner errors in the error line. */
const MAX_NAMED = 3;
/** Inner errors with their stacks in the detail; of further ones only the first line is shown. */
const MAX_WITH_STACKS = 10;
const MAX_PROPERTIES = 20;
const PLACE = "\n    at ";

export interface ReportOptions {
  /** Thrown on purpose, in its author's words: neither its class nor its place adds anything. */
  readonly isDeliberate?: boolean;
}

export function reportOf(thrown: unknown, { isDeliberate = false }: ReportOptions = {}): ErrorReport {
  if (!isError(thrown)) return reportOfNonError(thrown);
  const facts = factsOf(thrown);
  const { place } = facts;
  const summary = (isDeliberate ? messageOf(thrown) : shortHead(thrown)) + causesOf(thrown);
  const lines = new DetailLines();
  lines.addError(thrown, { facts });
  return {
    error: clean(summary, MAX_ERROR - 400) +
      (place === null || isDeliberate ? "" : PLACE + clean(place, 300)),
    // A single line would only repeat the error.
    detail: lines.count === 1 ? null : clean(lines.text, MAX_DETAIL),
  };
}

/** The part that fits on one line of a log: without the place. */
export function withoutPlace(error: string): string {
  const at = error.lastIndexOf(PLACE);
  return at === -1 || error.includes("\n", at + PLACE.length) ? error : error.slice(0, at);
}

function reportOfNonError(thrown: unknown): ErrorReport {
  if (typeof thrown === "string") {
    return { error: clean(thrown, MAX_ERROR) || "An empty string was thrown", detail: null };
  }
  if (typeof thrown === "object" && thrown !== null) {
    const kind = isResponse(thrown) ? describeResponse(thrown) : inspected(thrown, { isShort: true });
    return {
      error: clean(`What was thrown is not an Error: ${kind}`, MAX_ERROR),
      detail: clean(inspected(thrown, { isShort: false }), MAX_DETAIL),
    };
  }
  return {
    error: clean(`What was thrown is not an Error: ${inspected(thrown, { isShort: true })}`, MAX_ERROR),
    detail: null,
  };
}

function describeResponse(response: Response): string {
  return text(() => `Response ${response.status} ${response.statusText} ${response.url}`.trim()) ??
    "a Response";
}

function isResponse(thrown: unknown): thrown is Response {
  return read(() => thrown instanceof Response) === true;
}

/** Collects the lines of a detail, while there is room. */
class DetailLines {
  readonly #lines: string[] = [];
  readonly #seen = new Set<unknown>();
  #length = 0;

  get count(): number {
    return this.#lines.length;
  }

  get text(): string {
    return this.#lines.join("\n");
  }

  /** `facts`: passed if already known, because reading a stack is slow. */
  addError(error: unknown, { title = "", facts }: { title?: string; facts?: Facts } = {}): void {
    if (this.#seen.has(error) || this.#length > MAX_DETAIL) return;
    this.#seen.add(error);
    if (!isError(error)) return this.#add(`${title}${inspected(error, { isShort: true })}`);
    const { head, frames } = facts ?? factsOf(error);
    this.#add(title + head, ...frames, ...propertiesOf(error));
    const cause = read(() => error.cause);
    if (cause !== undefined) this.addError(cause, { title: "Caused by: " });
    const { inner, more } = innerErrorsOf(error);
    for (const { title, thrown } of inner.slice(0, MAX_WITH_STACKS)) this.addError(thrown, { title });
    for (const { title, thrown } of inner.slice(MAX_WITH_STACKS)) this.#add(title + shortName(thrown));
    if (more > 0) this.#add(`And ${more} more inner errors`);
  }

  #add(...lines: readonly string[]): void {
    for (const line of lines) this.#length += line.length;
    this.#lines.push(...lines);
  }
}

interface Facts {
  readonly head: string;
  readonly frames: readonly string[];
  readonly place: string | null;
}

function factsOf(error: Error): Facts {
  const stack = (text(() => error.stack) ?? "").slice(0, 4 * MAX_DETAIL);
  const { frames, own } = placesIn(stack, `${text(() => error.name)}: ${rawMessageOf(error)}`);
  return { head: `${classOf(error)}: ${messageOf(error)}`, frames, place: own };
}

/** The class of a plain Error says nothing, so it is left out. */
function shortHead(error: Error): string {
  const name = classOf(error);
  const message = plainWords(rawMessageOf(error));
  const code = codeOf(error);
  const suffix = code === null || message.includes(code) ? "" : ` [${code}]`;
  if (message === "") return `${name} without a message${suffix}`;
  return `${name === "Error" ? "" : `${name}: `}${message}${suffix}`;
}

function classOf(error: Error): string {
  const name = text(() => error.name) || "Error";
  return name === "Error" ? text(() => error.constructor.name) || name : name;
}

function messageOf(error: Error): string {
  return plainWords(rawMessageOf(error)) || "An error without a message";
}

function rawMessageOf(error: Error): string {
  const message = read(() => error.message);
  const words = text(() => message) ?? "";
  // Some code sets it to an object, which is "[object Object]" as text unless its class says otherwise.
  const isNameless = typeof message === "object" && /^\[object \w+\]$/.test(words);
  return isNameless ? inspected(message, { isShort: true }) : words;
}

function codeOf(error: Error): string | null {
  const code = read(() => (error as Error & { code?: unknown }).code);
  return typeof code === "string" || typeof code === "number" ? String(code).slice(0, 100) : null;
}

/** ` (caused by TypeError: fetch failed (caused by …))`, and the inner errors. */
function causesOf(error: Error, depth = 0): string {
  if (depth >= MAX_CAUSES) return "";
  const { inner, more, isSuppressed } = innerErrorsOf(error);
  const named = inner.slice(0, MAX_NAMED).map(({ thrown }) =>
    shortName(thrown) + (isSuppressed && isError(thrown) ? causesOf(thrown, depth + 1) : "")
  );
  const left = inner.length - named.length + more;
  const errors = named.length === 0 ? "" : ` (${named.join("; ")}${left > 0 ? `; and ${left} more` : ""})`;
  const cause = read(() => error.cause);
  if (cause === undefined) return errors;
  const causes = isError(cause) ? causesOf(cause, depth + 1) : "";
  return `${errors} (caused by ${shortName(cause)}${causes})`;
}

function shortName(thrown: unknown): string {
  const words = isError(thrown)
    ? `${classOf(thrown)}: ${messageOf(thrown)}`
    : inspected(thrown, { isShort: true });
  return words.length > 500 ? `${words.slice(0, 499)}…` : words;
}

const SHOWN_ELSEWHERE = ["name", "message", "stack", "cause"];
const SHOWN_AS_INNER = ["errors", "error", "suppressed"];

function propertiesOf(error: Error): string[] {
  const shown = innerErrorsOf(error) === NO_INNER ? SHOWN_ELSEWHERE : [...SHOWN_ELSEWHERE, ...SHOWN_AS_INNER];
  const names = read(() => Object.keys(error));
  if (!Array.isArray(names)) return [];
  return names.filter((name) => !shown.includes(name)).slice(0, MAX_PROPERTIES).map((name) => {
    const value = read(() => error[name as keyof Error] as unknown);
    return `  ${name}: ${inspected(value, { isShort: true })}`;
  });
}

/** Text that every terminal, page and database can show: no colors, control characters or lone surrogates. */
export function clean(words: string, most: number): string {
  const plain = words.slice(0, 2 * most).replaceAll(ESCAPE_SEQUENCES, "").replaceAll(CONTROLS, escapeOf);
  return (plain.length > most ? `${plain.slice(0, most - 1)}…` : plain).replace(/[\ud800-\udbff](?=…$)/, "")
    .toWellFormed();
}

// Written as code units, so that no source text holds these characters.
const [ESC, CSI, BELL] = [0x1b, 0x9b, 0x07].map((code) => String.fromCharCode(code));
/** Sequences that color a terminal, move its cursor or set its title (ECMA-48). */
const ESCAPE_SEQUENCES = new RegExp(
  `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]|${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)`,
  "g",
);

/** All control characters except tabs and line feeds. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

function escapeOf(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
