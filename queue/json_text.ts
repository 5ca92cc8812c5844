/**
 * JSON text that was checked and is kept as written, with the order of its keys and the form of its numbers. Parsing
 * and writing it again would change both, and takes more than a tenth of a second for some mebibytes.
 */
import { JsonScanner } from "./json_scanner.ts";

export class JsonText {
  /** `text` has no spaces between its parts; `levels` is how deep its lists and objects nest. */
  private constructor(readonly text: string, readonly levels: number) {}

  /**
   * Reads the whole text, with pauses: see `inTurns`.
   * @throws {SyntaxError} {InexactNumber} {DoubledKey}
   */
  static *whole(json: string): Generator<undefined, JsonText> {
    const scanner = new JsonScanner(json, { level: 0 });
    yield* scanner.scan();
    const [{ text, levels } = { text: "null", levels: 0 }] = scanner.kept;
    return new JsonText(text, levels);
  }

  /**
   * Reads the members of an object. Members with this name, and all lists and objects, stay text; other values are
   * parsed. For a list it returns an empty list.
   * @throws {SyntaxError} {InexactNumber} {DoubledKey}
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
