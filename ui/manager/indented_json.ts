/** JSON text as people read it, from its beginning and no further than it is shown. */

/** What nests deeper than a reader can follow stays on its line. */
const MOST_LEVELS = 24;

export interface Indented {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * As `JSON.stringify(value, null, 2)` writes it, each number as it is stored. It costs no more than is shown, in
 * characters: a mebibyte that nests 500 levels deep would be 450 MB, if all of it was indented.
 */
export function indentedJson(json: string, most: number): Indented {
  const shown = json.slice(0, most);
  const parts: string[] = [];
  let [length, level, before] = [0, 0, ""];
  const add = (part: string) => {
    parts.push(part);
    length += part.length;
  };
  const newLine = () => level <= MOST_LEVELS && add(`\n${"  ".repeat(level)}`);
  for (let i = 0; i < shown.length && length <= most;) {
    const token = tokenAt(shown, i);
    i += token.length;
    if (SPACE.test(token)) continue;
    const isEnd = token === "]" || token === "}";
    const isFirst = before === "[" || before === "{";
    if (isFirst) level += 1;
    if (before === "," || isFirst && !isEnd) newLine();
    if (isEnd) level -= 1;
    if (isEnd && !isFirst && level < MOST_LEVELS) newLine();
    add(token === ":" ? ": " : token);
    before = token;
  }
  return { text: parts.join("").slice(0, most), isCut: length > most || json.length > most };
}

const SPACE = /^\s/;
const WORD = /[^"[\]{},:\s]+|\s+/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"?/sy;

function tokenAt(json: string, at: number): string {
  const first = json.charAt(at);
  if ("[]{},:".includes(first)) return first;
  const pattern = first === '"' ? STRING : WORD;
  pattern.lastIndex = at;
  return pattern.exec(json)?.[0] ?? first;
}
