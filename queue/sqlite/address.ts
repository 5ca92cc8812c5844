/**
 * The text after `sqlite:` is the path of a file, taken literally. Forms with another meaning in other programs are
 * refused: they would create an unintended file that no backup covers.
 */
import { basename, dirname, resolve } from "node:path";

/** Returns what is wrong with the address, and the right form; null for a plain path. */
export function misreadSqliteAddress(address: string): string | null {
  for (const [pattern, problem] of MISREAD) {
    const found = pattern.exec(address);
    if (found !== null) return problem(found[1] ?? "");
  }
  return null;
}

const MISREAD: readonly (readonly [RegExp, (rest: string) => string])[] = [
  [/^\s*$/, () => `lacks the path after "sqlite:", for example sqlite:data/queue.db`],
  [
    /^(?:\/\/+)?(?::|memory$)|^file:.*:memory:|[?&]mode=memory\b/i,
    () =>
      "asks for a database in memory, which no job would survive: name a file, for example sqlite:data/queue.db",
  ],
  [
    /^file:\/*([^?]*)/,
    (path) =>
      `has "file:" in front of the path: write sqlite:${path}, or sqlite:/${path} for one from the root of the disk`,
  ],
  [
    /^\/\/+([^?]*)/,
    (path) =>
      `has slashes that some take for a part of the path and some for none: write sqlite:${path} for a path below the folder of the start, or sqlite:/${path} for one from the root of the disk`,
  ],
  [
    /^~/,
    () =>
      `begins with ~, which only a shell replaces: write the whole path, for example sqlite:/home/me/queue.db`,
  ],
  [/^["'`]/, () => "begins with a quotation mark: write it without"],
  [
    /^\$|\$[{(]|\/\$[A-Za-z_]|(?:^|\/)%\w+%/,
    () => "has a variable, which only a shell replaces: write the whole path",
  ],
  [/^([^?]*)\?[\w-]+=[^/]*$/, (path) => `has parameters, and there are none: write sqlite:${path}`],
  [
    /%[0-9a-f]{2}/i,
    () =>
      "has a character in the form that URLs have (such as %20): the path is taken literally, so write the character itself",
  ],
  [
    /^([^]*\\[^]*)$/,
    (path) => {
      const below = path.replaceAll(/\\+/g, "/").replace(/^\//, "");
      return `has backslashes, which are part of a name here: write sqlite:${below} for a path below the folder of the start, or sqlite:/${below} for one from the root of the disk`;
    },
  ],
  [
    /^(.+)-(?:wal|shm|journal)$/,
    (path) => `has the name of a file that SQLite keeps beside its database: write sqlite:${path}`,
  ],
  [/(?:^|\/)\.{0,2}$/, () => "names a folder: name a file in it, for example sqlite:data/queue.db"],
];

/** The file with links resolved. For a missing file, the folder is resolved. */
export function realSqlitePath(path: string): string {
  const absolute = resolve(path);
  try {
    return `sqlite:${Deno.realPathSync(absolute)}`;
  } catch {
    return dirname(absolute) === absolute
      ? `sqlite:${absolute}`
      : `${realSqlitePath(dirname(absolute))}/${basename(absolute)}`;
  }
}
