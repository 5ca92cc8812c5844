/**
 * JSON text that has been checked and is kept as it was written: the order of its keys, the form of its numbers. To parse
 * it, only to write it again, would change both, and takes more than a tenth of a second for some mebibytes.
 */
import { JsonScanner } from "./json_scanner.ts";

export class JsonText {
  /** `text` is without spaces between its parts; `levels` is how deep its lists and objects nest. */
  private constructor(readonly text: string, readonly levels: number) {}

  /**
   * The whole text, read with pauses: see `inTurns`.
   * @throws {SyntaxError} {InexactNumber} {DoubledKey}
   */
  static *whole(json: string): Generator<undefined, JsonText> {
    const scanner = new JsonScanner(json, { level: 0 });
    yield* scanner.scan();
    const [{ text, levels } = { text: "null", levels: 0 }] = scanner.kept;
    return new JsonText(text, levels);
  }

  /**
   * The members of an object. Those with this name, and all that are lists or objects, stay texts. Any other value is
   * parsed, and of a list there is nothing but that it is one.
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
