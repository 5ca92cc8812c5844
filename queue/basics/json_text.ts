/**
 * JSON text that was checked and is kept as written, with the order of its keys and the form of its numbers. Parsing and
 * writing it again would change both, and takes more than a tenth of a second for a few mebibytes.
 */
import { assertExact, isExact } from "./exact_json.ts";

/** A key that appears twice in one object: parsers keep the last value and lose the others. */
export class DuplicateKey extends Error {
  override readonly name = "DuplicateKey";
  constructor(readonly key: string) {
    super(`the key ${JSON.stringify(key)} stands twice in one object`);
  }
}

export class JsonText {
  /** `text` has no spaces between its tokens; `levels` is how deep its lists and objects nest. */
  private constructor(readonly text: string, readonly levels: number) {}

  /**
   * Reads the whole text, and yields to allow pauses: see `inTurns`.
   * @throws {SyntaxError} {InexactNumber} {DuplicateKey}
   */
  static *whole(json: string): Generator<undefined, JsonText> {
    const scanner = new JsonScanner(json, { level: 0 });
    yield* scanner.scan();
    const [{ text, levels } = { text: "null", levels: 0 }] = scanner.kept;
    return new JsonText(text, levels);
  }

  /**
   * Reads the members of an object. The member with this name, and all lists and objects, stay text; other values are
   * parsed. Given a list, returns an empty list.
   * @throws {SyntaxError} {InexactNumber} {DuplicateKey}
   */
  static *members(json: string, name: string): Generator<undefined, unknown> {
    const scanner = new JsonScanner(json, { level: 1 });
    yield* scanner.scan();
    const [first = ""] = json.trimStart();
    if (first !== "{") return first === "[" ? [] : JSON.parse(json);
    const members: Record<string, unknown> = Object.create(null);
    for (const { key, text, levels } of scanner.kept) {
      members[key] = key === name || levels > 0 ? new JsonText(text, levels) : JSON.parse(text);
      yield;
    }
    return members;
  }
}

interface Kept {
  /** Empty for the whole text. */
  readonly key: string;
  /** The text as written, without spaces between its tokens. */
  readonly text: string;
  /** How deep its lists and objects nest. */
  readonly levels: number;
}

type Expected = "value" | "value or end" | "key" | "key or end" | "next";

const [QUOTE, COMMA, COLON, BACKSLASH, SPACE] = [0x22, 0x2c, 0x3a, 0x5c, 0x20];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** Steps between two yields: less than a millisecond. */
const STEPS_PER_YIELD = 1_000;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
/** A double holds every number with at most this many characters, unless it has an exponent. */
const MAX_EXACT_LENGTH = 15;

/** Reads JSON text character by character, and checks that it is valid and that parsing it would lose nothing. */
class JsonScanner {
  /** At level 0 the whole text; at level 1 the values of the outermost object, in order. */
  readonly kept: Kept[] = [];
  readonly #json: string;
  readonly #level: 0 | 1;
  /** The keys of each open object; null for a list. */
  readonly #open: (Set<string> | null)[] = [];
  #at = 0;
  #key = "";
  /** Of the value that is being kept: where its last part begins, the parts before that, and its depth. */
  #from = 0;
  #parts: string[] = [];
  #levels = 0;

  constructor(json: string, { level }: { readonly level: 0 | 1 }) {
    this.#json = json;
    this.#level = level;
  }

  /** Yields now and then. @throws {SyntaxError} {InexactNumber} {DuplicateKey} */
  *scan(): Generator<undefined, void> {
    let expected: Expected = "value";
    for (let steps = 1;; steps++) {
      if (steps % STEPS_PER_YIELD === 0) yield;
      this.#skipSpace();
      if (expected === "next" && this.#open.length === 0) {
        if (this.#at < this.#json.length) throw this.#unexpected();
        return;
      }
      expected = this.#step(expected);
    }
  }

  /** Reads one token, and returns what may come next. */
  #step(expected: Expected): Expected {
    const unit = this.#json.charCodeAt(this.#at);
    if (expected === "next" && unit === COMMA) {
      this.#at++;
      return this.#isInObject() ? "key" : "value";
    }
    if (expected === "next" || (expected.endsWith("or end") && isEnd(unit))) return this.#close(unit);
    if (expected === "key" || expected === "key or end") {
      this.#readKey();
      return "value";
    }
    if (this.#open.length === this.#level) this.#beginKept();
    if (unit !== OPEN_LIST && unit !== OPEN_OBJECT) {
      this.#readScalar(unit);
      return this.#endValue();
    }
    this.#at++;
    this.#open.push(unit === OPEN_OBJECT ? new Set() : null);
    this.#levels = Math.max(this.#levels, this.#open.length - this.#level);
    return unit === OPEN_OBJECT ? "key or end" : "value or end";
  }

  #isInObject(): boolean {
    return this.#open.at(-1) instanceof Set;
  }

  #close(unit: number): Expected {
    if (unit !== (this.#isInObject() ? CLOSE_OBJECT : CLOSE_LIST)) throw this.#unexpected();
    this.#at++;
    this.#open.pop();
    return this.#endValue();
  }

  #readKey(): void {
    const from = this.#at;
    if (this.#json.charCodeAt(from) !== QUOTE) throw this.#unexpected();
    const hasEscapes = this.#readString();
    const key: string = hasEscapes
      ? JSON.parse(this.#json.slice(from, this.#at))
      : this.#json.slice(from + 1, this.#at - 1);
    const keys = this.#open.at(-1);
    if (keys?.has(key)) throw new DuplicateKey(key);
    keys?.add(key);
    if (this.#open.length === 1) this.#key = key;
    this.#skipSpace();
    if (this.#json.charCodeAt(this.#at) !== COLON) throw this.#unexpected();
    this.#at++;
  }

  #readScalar(unit: number): void {
    if (unit === QUOTE) {
      this.#readString();
      return;
    }
    const word = ["true", "false", "null"].find((one) => this.#json.startsWith(one, this.#at));
    if (word !== undefined) this.#at += word.length;
    else this.#readNumber();
  }

  #readNumber(): void {
    NUMBER.lastIndex = this.#at;
    if (!NUMBER.test(this.#json)) throw this.#unexpected();
    const number = this.#json.slice(this.#at, NUMBER.lastIndex);
    // `assertExact` reads the text again, to report the path of the first inexact number.
    if ((number.length > MAX_EXACT_LENGTH || /e/i.test(number)) && !isExact(number)) assertExact(this.#json);
    this.#at += number.length;
  }

  /** Returns whether the string has escapes. */
  #readString(): boolean {
    let hasEscapes = false;
    for (this.#at++;; this.#at++) {
      const unit = this.#json.charCodeAt(this.#at);
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        ESCAPE.lastIndex = this.#at;
        if (!ESCAPE.test(this.#json)) throw this.#unexpected();
        this.#at = ESCAPE.lastIndex - 1;
        hasEscapes = true;
        // At the end of the text this is NaN.
      } else if (!(unit >= SPACE)) throw this.#unexpected();
    }
    this.#at++;
    return hasEscapes;
  }

  #skipSpace(): void {
    const from = this.#at;
    while (isSpace(this.#json.charCodeAt(this.#at))) this.#at++;
    if (this.#at === from || this.#open.length <= this.#level) return;
    this.#parts.push(this.#json.slice(this.#from, from));
    this.#from = this.#at;
  }

  #beginKept(): void {
    this.#from = this.#at;
    this.#parts = [];
    this.#levels = 0;
  }

  #endValue(): Expected {
    if (this.#open.length === this.#level) {
      const text = this.#parts.join("") + this.#json.slice(this.#from, this.#at);
      this.kept.push({ key: this.#key, text, levels: this.#levels });
    }
    return "next";
  }

  #unexpected(): SyntaxError {
    if (this.#at >= this.#json.length) return new SyntaxError("it ends too early");
    const unit = String.fromCodePoint(this.#json.codePointAt(this.#at) ?? 0);
    return new SyntaxError(`unexpected ${JSON.stringify(unit)} at position ${this.#at}`);
  }
}

function isEnd(unit: number): boolean {
  return unit === CLOSE_LIST || unit === CLOSE_OBJECT;
}

function isSpace(unit: number): boolean {
  return unit === SPACE || unit === 0x0a || unit === 0x0d || unit === 0x09;
}
