/**
 * A handler's result as JSON. Its work is done, so nothing here fails, whatever it returned: what JSON cannot
 * hold is left out.
 */
import { exactJson } from "@persistent-queue/queue/basics";

const { stringify } = JSON;

const MAX_LENGTH = 1_048_576;

export interface ResultText {
  /** Null if there is nothing to keep. */
  readonly text: string | null;
  /** What was left out, in words; null = nothing. */
  readonly loss: string | null;
}

export function resultText(value: unknown): ResultText {
  if (value === undefined) return { text: null, loss: null };
  const { text, loss } = plain(value) ?? withoutOddities(value);
  if (text === null || text.length <= MAX_LENGTH) return { text, loss };
  return { text: null, loss: "it is larger than 1 MiB and was not kept" };
}

function plain(value: unknown): ResultText | null {
  try {
    const text = exactJson(value);
    return text === undefined ? null : { text, loss: null };
  } catch {
    // Circular references, big integers and non-finite numbers take the long way.
    return null;
  }
}

/** Big integers and non-finite numbers as text, circular references as null. */
function withoutOddities(value: unknown): ResultText {
  const path: unknown[] = [];
  function replace(this: unknown, _key: string, inner: unknown): unknown {
    if (typeof inner === "bigint" || typeof inner === "number" && !isFinite(inner)) return String(inner);
    if (typeof inner !== "object" || inner === null) return inner;
    while (path.length > 0 && path.at(-1) !== this) path.pop();
    if (path.includes(inner)) return null;
    path.push(inner);
    return inner;
  }
  try {
    const text: unknown = stringify(value, replace);
    if (typeof text === "string") {
      return {
        text,
        loss: "it holds what JSON does not know: numbers, kept as text, or circles, kept as null",
      };
    }
  } catch {
    // A getter or a custom toJSON throws.
  }
  return { text: null, loss: "JSON cannot hold it, and it was not kept" };
}
