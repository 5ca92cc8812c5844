/** Rewrites runtime errors whose advice names flags that users never see, into advice that works here. */

// deno-lint-ignore no-control-regex -- colours are told by control characters
const COLOURS = /\x1b\[[0-9;]*m/g;

const INSTALL =
  "Add it to the imports in the deno.json of the handlers' project, run `deno install` there, and restart: " +
  "nothing is fetched while the system runs";

interface Translation {
  /** No gap in it is without a limit, because a long text may hold the beginning thousands of times. */
  readonly pattern: RegExp;
  readonly say: (...parts: string[]) => string;
}

const TRANSLATIONS: readonly Translation[] = [
  {
    // No program has variables with these names: the code reads the whole environment, to print it or to send it.
    pattern:
      /Requires env access(?: to "(?:toJSON|toString|valueOf|then|constructor)")?, run again[^]{0,100}?flag/,
    say: () =>
      "Handlers may not read all variables at once. Read those you need by their names, and allow these with " +
      'HANDLER_ALLOW="env=NAME,OTHER_NAME" and restart',
  },
  {
    pattern: /Requires write access to <TMP>[^]{0,100}?flag/,
    say: () =>
      "Handlers may not write to the folder of the system for temporary files. Make them in FILES_DIR: " +
      "`Deno.makeTempFile({ dir: settings.filesDir })`, with the settings of the handler's context",
  },
  {
    pattern:
      /Requires (net|read|write|env|run|sys|ffi) access to (?:"([^"]*)"|<?([^\s,>]+)>?)[^]{0,100}?--allow-\w+ flag/,
    say: (kind, quoted, bare) => {
      const what = quoted ?? bare ?? "";
      const example = /[\s,"]/.test(what) ? kind : `${kind}=${what}`;
      return `Handlers may not ${
        VERBS[kind ?? ""] ?? "use"
      } ${what}. Allow it with HANDLER_ALLOW="${example}" and restart`;
    },
  },
  {
    pattern: /Requires (import) access to "([^"]*)"[^]{0,100}?flag/,
    say: (_, what) => `Handlers import nothing from ${what}. ${INSTALL}`,
  },
  {
    pattern: /Failed loading https?:\S+ for package "([^"]+)"[^]*/,
    say: (what) => `The package ${what} is not installed. ${INSTALL}`,
  },
  {
    pattern: /npm package not found in cache: "([^"]+)"[^]*|npm package '([^']+)' [^]{0,200}?not found[^]*/,
    say: (cached, other) => `The package ${cached ?? other} is not installed. ${INSTALL}`,
  },
  {
    pattern: /Specifier not found in cache: "([^"]+)"[^.]*\.?/,
    say: (what) => `${what} is not installed. ${INSTALL}`,
  },
  {
    pattern: /The lockfile is out of date[^]*/,
    say: () => `A package that a handler imports is not in the lock file. ${INSTALL}`,
  },
  {
    pattern: /(?:Relative import path|Import) "([^"]+)" (?:not prefixed with [^]*|not a dependency[^]*)/,
    say: (what) => `The package ${what} is not known. ${INSTALL}`,
  },
];

const VERBS: Readonly<Record<string, string>> = {
  net: "connect to",
  read: "read",
  write: "write to",
  env: "read the variable",
  run: "run",
};

/** Errors of the runtime are shorter, and of no error is more kept. */
const MAX_CHARS = 20_000;

/** The message without terminal colors, rewritten if a translation matches. */
export function plainWords(message: string): string {
  const plain = message.slice(0, MAX_CHARS).replace(COLOURS, "");
  for (const { pattern, say } of TRANSLATIONS) {
    const found = pattern.exec(plain);
    if (found === null) continue;
    const [all, ...parts] = found;
    return plain.replace(all, () => say(...parts));
  }
  return plain;
}
