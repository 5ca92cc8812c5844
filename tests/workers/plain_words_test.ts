import assert from "node:assert/strict";
import { plainWords } from "../../workers/thread/plain_words.ts";

const INSTALL =
  "Add it to the imports in the deno.json of the handlers' project, run `deno install` there, and restart: " +
  "nothing is fetched while the system runs";

const ALL_VARIABLES =
  "Handlers may not read all variables at once. Read those you need by their names, and allow these with " +
  'HANDLER_ALLOW="env=NAME,OTHER_NAME" and restart';

/** The wording of Deno 2.9.6. */
const WORDS: Record<string, [message: string, told: string]> = {
  "an address": [
    'Requires net access to "127.0.0.1:38590", run again with the --allow-net flag',
    'Handlers may not connect to 127.0.0.1:38590. Allow it with HANDLER_ALLOW="net=127.0.0.1:38590" and restart',
  ],
  "a variable": [
    'Requires env access to "SMTP_URL", run again with the --allow-env flag',
    'Handlers may not read the variable SMTP_URL. Allow it with HANDLER_ALLOW="env=SMTP_URL" and restart',
  ],
  "all variables, requested to print them": [
    'Requires env access to "toJSON", run again with the --allow-env flag',
    ALL_VARIABLES,
  ],
  "all variables": ["Requires env access, run again with the --allow-env flag", ALL_VARIABLES],
  "a temporary file": [
    "Requires write access to <TMP>, run again with the --allow-write flag",
    "Handlers may not write to the folder of the system for temporary files. Make them in FILES_DIR: " +
    "`Deno.makeTempFile({ dir: settings.filesDir })`, with the settings of the handler's context",
  ],
  "a file whose name has a space": [
    'Requires read access to "/srv/my files/a.txt", run again with the --allow-read flag',
    'Handlers may not read /srv/my files/a.txt. Allow it with HANDLER_ALLOW="read" and restart',
  ],
  "terminal colours": ["\x1b[0m\x1b[36mfile:///a.ts\x1b[0m:\x1b[33m1\x1b[0m", "file:///a.ts:1"],
  "a package that is not installed": [
    'npm package not found in cache: "ms", --cached-only is specified.',
    `The package ms is not installed. ${INSTALL}`,
  ],
  "an import from the web": [
    'Specifier not found in cache: "https://esm.sh/ms", --cached-only is specified.',
    `https://esm.sh/ms is not installed. ${INSTALL}`,
  ],
  "a lock that lacks a package": [
    "The lockfile is out of date. Run `deno install --frozen=false`, or rerun with `--frozen=false` to update it.\nchanges:\n 1 | …",
    `A package that a handler imports is not in the lock file. ${INSTALL}`,
  ],
  "words of their own": ["the mail server says 503", "the mail server says 503"],
};

for (const [what, [message, told]] of Object.entries(WORDS)) {
  Deno.test(`an error about ${what} says what to do`, () => assert.equal(plainWords(message), told));
}

/** Beginnings of errors that never end, each of a mebibyte. */
const BEGINNINGS = [
  "Requires net access to ",
  'Requires net access to "a" ',
  'Requires import access to "a" ',
  "Requires write access to <TMP>",
  "Requires env access, run again",
  "npm package 'a' ",
  'Import "',
  'Failed loading https:a for package "',
];

for (const beginning of BEGINNINGS) {
  Deno.test(`a long text full of ${JSON.stringify(beginning)} does not block its thread`, () => {
    const text = beginning.repeat(2 ** 20 / beginning.length);
    const began = performance.now();
    plainWords(text);
    assert.ok(performance.now() - began < 500, `${performance.now() - began} ms`);
  });
}

Deno.test("a long word in place of an address does not block its thread", () => {
  const began = performance.now();
  plainWords(`Requires net access to ${"a".repeat(2 ** 20)}`);
  assert.ok(performance.now() - began < 500, `${performance.now() - began} ms`);
});
