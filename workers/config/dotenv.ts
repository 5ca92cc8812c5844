/**
 * The file `.env`: `NAME=value` on each line. A value is read completely or refused, because half a password might be
 * accepted like a whole one, and a skipped line would leave the default in force.
 */
import { printable } from "@persistent-queue/queue";

interface Dotenv {
  readonly values: Readonly<Record<string, string>>;
  /** One sentence each, never containing a value. */
  readonly problems: readonly string[];
}

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=[ \t]*(.*)$/s;
const COLON = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*:/;
/** After the closing quotation mark, only a comment may follow. */
const QUOTED = /^(["'])((?:\\.|(?!\1).)*)\1\s*(?:#.*)?$/s;
const BACKTICK = "`";
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", '"': '"', $: "$" };

export function parseDotenv(text: string): Dotenv {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const lines = text.split(/\r\n|\n|\r/);
  for (let at = 0; at < lines.length;) {
    const number = at + 1;
    const first = lines[at++] ?? "";
    // Other spaces at the end, such as one that does not break, belong to the value.
    const line = first.trimStart().replace(/[ \t]+$/, "");
    if (line === "" || line.startsWith("#")) continue;
    const [, name, start = ""] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined) {
      problems.push(notASetting(line, number));
      continue;
    }
    const { rest, used } = withNextLines(start, lines.slice(at));
    at += used;
    const value = valueOf(rest);
    if (value === null) problems.push(ambiguous(name, number, rest));
    else if (Object.hasOwn(values, name) && values[name] !== value) {
      problems.push(`${shown(name)} is in .env twice, the second time in line ${number}: remove one of them`);
    } else values[name] = value;
  }
  return { values, problems };
}

/** A quoted value, such as a key, may span lines: it extends to the first line that closes the quotation. */
function withNextLines(start: string, next: readonly string[]): { rest: string; used: number } {
  if (!/^["']/.test(start) || QUOTED.test(start)) return { rest: start, used: 0 };
  let rest = start;
  for (const [i, line] of next.entries()) {
    rest += `\n${line}`;
    if (QUOTED.test(rest)) return { rest, used: i + 1 };
  }
  return { rest: start, used: 0 };
}

/** Null if two parsers would read different values. */
function valueOf(rest: string): string | null {
  if (rest.startsWith(BACKTICK)) return null;
  if (!/^["']/.test(rest)) return rest.includes("#") ? null : rest;
  const [, mark, inside = ""] = QUOTED.exec(rest) ?? [];
  if (mark === undefined) return null;
  if (mark !== '"') return inside.includes(mark) ? null : inside;
  const isClear = inside.replaceAll(/\\[nrt\\"$]/g, "").includes("\\") === false;
  return isClear ? inside.replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter) : null;
}

function ambiguous(name: string, number: number, rest: string): string {
  const why = rest.startsWith(BACKTICK)
    ? "begins with a backtick, which is a quotation mark for some readers and not for others"
    : /^["']/.test(rest)
    ? `does not end with the quotation mark it begins with, or has a backslash that means nothing in "…"`
    : "has a #, which begins a comment for some readers and not for others";
  return `${shown(name)} in line ${number} of .env ${why}: quote it, for example ${shown(name)}='…'`;
}

function notASetting(line: string, number: number): string {
  const [, name] = COLON.exec(line) ?? [];
  if (name !== undefined) {
    return `Line ${number} of .env has a colon after ${shown(name)}: write ${shown(name)}=value`;
  }
  return `Line ${number} of .env is not a setting: write NAME=value, or # in front of a comment`;
}

function shown(name: string): string {
  return printable(name, { maxLength: 60 });
}
