/**
 * Makes text from outside safe to show on one line of a terminal or a log.
 *
 * A character that could move the cursor, begin a line or change the reading direction is shown as an escape instead:
 * `\n`, `\x1b`, `\u202e`. Backslashes are kept, so ordinary ids look as they were written.
 */

/** Control characters, line and paragraph separators, direction marks, invisible joiners and lone surrogates. */
const UNPRINTABLE = new RegExp(
  "[\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]" +
    "|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]",
);

const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE, "g");

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, without harmful characters; cut to `maxLength` UTF-16 units with an ellipsis, if given. */
export function printable(text: string, { maxLength = Infinity }: { maxLength?: number } = {}): string {
  const safe = escaped(text.length > maxLength ? cut(text, maxLength) : text);
  return safe.length > maxLength ? cut(safe, maxLength) : safe;
}

function escaped(text: string): string {
  return UNPRINTABLE.test(text) ? text.replace(EVERY_UNPRINTABLE, escapeOf) : text;
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return SHORT_ESCAPES[character] ??
    (code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`);
}

/** Cuts between characters, never within a surrogate pair. */
function cut(text: string, maxLength: number): string {
  const end = maxLength - 1;
  return `${text.slice(0, /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end)}…`;
}

/** For "Did you mean …?": the word of `known` nearest to `word`, ignoring case, or null if none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 4)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < bestDistance && distance < candidate.length) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Damerau-Levenshtein distance: how many letters must be added, dropped, changed or swapped with their neighbor. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
