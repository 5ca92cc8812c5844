/**
 * Results on their way to the supervisor: batched while they come fast, sent at once when they do not. Also converts
 * what a handler gets and returns from and to JSON.
 */
import type { AttemptReport, Outcome } from "@persistent-queue/queue";
import {
  assertExact,
  exactJson,
  InexactNumber,
  isTooDeep,
  MAX_DEPTH,
  messageOf,
} from "@persistent-queue/queue/basics";
import { GiveUp, type HandlerJob } from "../handler.ts";
import { type FromThread, type JobMessage, MAX_IN_FLIGHT, type Result } from "../protocol.ts";
import { append, type Clock } from "./runtime.ts";

/** Captured before a handler can change them. */
const { parse: parseJson, stringify } = JSON;
const { hasOwn } = Object;

const LONGEST_MS = 5;
const LONGEST_RESULT = 1_048_576;
/** Of one message: the supervisor learns soon that results are large. */
const MAX_CHARS = 1_048_576;

export class Results {
  #unsent: Result[] = [];
  #since = 0;
  #chars = 0;
  #cancelTimer = () => {};
  readonly #post: (message: FromThread) => void;
  readonly #clock: Clock;

  constructor(post: (message: FromThread) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  add(result: Result): void {
    const now = this.#clock.now();
    if (this.#unsent.length === 0) {
      this.#since = now - (result.ranMs ?? 0);
      // The next job may take long, but these have ended.
      this.#cancelTimer = this.#clock.after(LONGEST_MS, () => this.flush());
    }
    append(this.#unsent, result);
    this.#chars += charsOf(result.outcome);
    const isLarge = this.#unsent.length >= MAX_IN_FLIGHT || this.#chars >= MAX_CHARS;
    if (isLarge || now - this.#since >= LONGEST_MS) this.flush();
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    this.#cancelTimer();
    this.#post({ type: "results", results: this.#unsent });
    this.#unsent = [];
    this.#chars = 0;
  }
}

/** How many characters an outcome holds: wherever it waits on its way to the store, it takes that much memory. */
export function charsOf(outcome: Outcome): number {
  if (outcome.type === "returned") return outcome.result?.length ?? 0;
  const error = "error" in outcome ? outcome.error.length : 0;
  const report = hasOwn(outcome, "report")
    ? (outcome as { readonly report?: AttemptReport }).report
    : undefined;
  return error + (report?.detail?.length ?? 0) + (report?.log?.length ?? 0);
}

interface ResultText {
  /** Null if there is nothing to keep. */
  readonly text: string | null;
  /** What was left out, in words; null = nothing. */
  readonly loss: string | null;
}

/** The job's work is done, so nothing here fails, whatever the handler returned: what JSON cannot hold is left out. */
export function resultText(value: unknown): ResultText {
  if (value === undefined) return { text: null, loss: null };
  const { text, loss } = plain(value) ?? lossyText(value);
  if (text === null || text.length <= LONGEST_RESULT) return { text, loss };
  return { text: null, loss: "it is larger than 1 MiB and was not kept" };
}

function plain(value: unknown): ResultText | null {
  try {
    const text = exactJson(value);
    if (text === undefined || isTooDeep(text)) return null;
    const losses = new Losses();
    // Few results need this second look: those with an object that JSON shows as empty, and errors with properties.
    if (text.includes("{}") || hollowName(value) !== null) {
      stringify(value, (_key, inner) => losses.see(inner));
    }
    return { text, loss: losses.text };
  } catch {
    // Circular references, big integers, non-finite numbers and endless nesting are handled by the slow path.
    return null;
  }
}

const CHANGED =
  "it holds what JSON cannot represent: numbers, kept as text, or circular references, kept as null";
const CUT = `it nests more than ${MAX_DEPTH} levels deep, and what lies deeper was kept as null`;
/** Objects that JSON writes as the text, the number or the boolean that they hold. */
const BOXES = ["String", "Number", "Boolean", "BigInt"];
const MAX_NAMED = 5;

/** What a result loses on its way to JSON. */
class Losses {
  isChanged = false;
  isCut = false;
  /** The kinds of objects whose content is not in their properties. */
  readonly #hollow = new Set<string>();

  see(value: unknown): unknown {
    const name = hollowName(value);
    if (name !== null && this.#hollow.size < MAX_NAMED) this.#hollow.add(name);
    return value;
  }

  /** Null if nothing is lost. */
  get text(): string | null {
    const hollow = this.#hollow.size === 0
      ? []
      : [`JSON does not show what is in ${[...this.#hollow].join(", ")}, and so it was not kept`];
    const losses = [...(this.isCut ? [CUT] : []), ...(this.isChanged ? [CHANGED] : []), ...hollow];
    return losses.length === 0 ? null : losses.join("; ");
  }
}

/** `Map`, `Set`, `RegExp`, `Error`, `Promise`, `Headers` …; null for what JSON shows. */
function hollowName(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  try {
    const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
    if (name === "Error") return name;
    const isShown = name === "Object" || BOXES.includes(name) || ArrayBuffer.isView(value);
    return isShown || Object.keys(value).length > 0 ? null : name;
  } catch {
    return null;
  }
}

/** Writes big integers and non-finite numbers as text, circular references and what lies too deep as null. */
function lossyText(value: unknown): ResultText {
  const path: unknown[] = [];
  const losses = new Losses();
  function replace(this: unknown, _key: string, inner: unknown): unknown {
    if (typeof inner === "bigint" || typeof inner === "number" && !isFinite(inner)) {
      losses.isChanged = true;
      return String(inner);
    }
    if (typeof inner !== "object" || inner === null) return inner;
    while (path.length > 0 && path.at(-1) !== this) path.pop();
    if (path.includes(inner)) losses.isChanged = true;
    else if (path.length === MAX_DEPTH) losses.isCut = true;
    else {
      path.push(inner);
      return losses.see(inner);
    }
    return null;
  }
  try {
    const text: unknown = stringify(value, replace);
    if (typeof text === "string") return { text, loss: losses.text ?? CHANGED };
  } catch {
    // A getter or a custom toJSON throws.
  }
  return { text: null, loss: "JSON cannot hold it, and it was not kept" };
}

/** A job as its handler sees it. @throws {GiveUp} its payload cannot be given to a handler */
export function toHandlerJob({ id, kind, payload, lease }: JobMessage, consumerId: string): HandlerJob {
  return { id, kind, payload: parse(payload), lease, consumerId };
}

function parse(payload: string): unknown {
  try {
    const value: unknown = parseJson(payload);
    assertExact(payload);
    return value;
  } catch (error) {
    if (error instanceof InexactNumber) {
      throw new GiveUp(`The payload cannot be given to its handler as it is stored: ${error.message}`);
    }
    throw new GiveUp(`The payload is not JSON: ${messageOf(error)}`);
  }
}
