/** The file `.env`: a value is taken whole or refused. */
import assert from "node:assert/strict";
import { ConfigurationError, readSettings } from "../../workers/config.ts";
import { parseDotenv } from "../../workers/config/dotenv.ts";
import { readDotenv } from "../../workers/config/load_settings.ts";
import { tempFolder } from "../support/temp_folder.ts";

const WHOLE: Readonly<Record<string, string>> = {
  "plain": "plain",
  "'a#b \"c\" \\n'": 'a#b "c" \\n',
  '"a#b"': "a#b",
  '"a#b" # a comment': "a#b",
  '"q\\"uote"': 'q"uote',
  '"line\\nbreak"': "line\nbreak",
  "'`backticks`'": "`backticks`",
  "back`ticks`": "back`ticks`",
  "no break at the end\u00a0": "no break at the end\u00a0",
  "two words": "two words",
  "$HOME=$x": "$HOME=$x",
  'in"side': 'in"side',
  "''": "",
  "back\\slash": "back\\slash",
  "  spaces around  ": "spaces around",
};

for (const [written, value] of Object.entries(WHOLE)) {
  Deno.test(`MANAGER_PASSWORD=${written} is taken whole`, () => {
    for (const line of [`MANAGER_PASSWORD=${written}`, `export MANAGER_PASSWORD = ${written}\r\n`]) {
      const { values, problems } = parseDotenv(line);
      assert.deepEqual([{ ...values }, problems], [{ MANAGER_PASSWORD: value }, []]);
    }
  });
}

const REFUSED: Readonly<Record<string, RegExp>> = {
  "MANAGER_PASSWORD=secret#1": /MANAGER_PASSWORD in line 1 .* has a #.*quote it/,
  "MANAGER_PASSWORD=#secret": /has a #.*quote it/,
  "MANAGER_PASSWORD=secret #1": /has a #.*quote it/,
  "MANAGER_PASSWORD='secret": /quotation mark.*quote it/,
  "MANAGER_PASSWORD='sec'ret'": /quotation mark.*quote it/,
  'MANAGER_PASSWORD="secret" more': /quotation mark.*quote it/,
  'MANAGER_PASSWORD="secret\\d"': /backslash.*quote it/,
  "MANAGER_PASSWORD=`secret12`": /begins with a backtick, .*: quote it, for example MANAGER_PASSWORD='…'/,
  "MANAGER_PASSWORD=`secret`12": /begins with a backtick/,
  "MANAGER_PASSWORD: secret": /Line 1 .* colon after MANAGER_PASSWORD: write MANAGER_PASSWORD=value/,
  "# first\nsecret": /Line 2 .* is not a setting/,
  "MANAGER_PASSWORD secret": /Line 1 .* is not a setting/,
  "MANAGER_PASSWORD=secret\nMANAGER_PASSWORD=secret2": /twice.*line 2/,
};

for (const [text, pattern] of Object.entries(REFUSED)) {
  Deno.test(`refused, and not shown: ${JSON.stringify(text)}`, () => {
    assert.throws(() => readSettings({ env: {}, dotenv: text }), (error) => {
      assert(error instanceof ConfigurationError);
      assert.equal(error.problems.length, 1, error.message);
      assert.match(error.message, pattern);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}

Deno.test("a quoted key of several lines is one value, and later lines are read as usual", () => {
  const { values, problems } = parseDotenv('KEY="-----BEGIN-----\nabc#\n-----END-----"\nCONSUMERS=3\n');
  assert.deepEqual(problems, []);
  assert.deepEqual({ ...values }, { KEY: "-----BEGIN-----\nabc#\n-----END-----", CONSUMERS: "3" });
});

Deno.test("a file that is not UTF-8 is refused, never ignored; a byte order mark does no harm", async () => {
  await using folder = await tempFolder();
  const path = folder.file(".env");
  assert.equal(readDotenv(path), null);
  const utf16 = [0xff, 0xfe, ...[..."MANAGER_PASSWORD=x\n"].flatMap((letter) => [letter.charCodeAt(0), 0])];
  for (const bytes of [utf16, utf16.slice(2), [0x41, 0x3d, 0xe9, 0x0a]]) {
    Deno.writeFileSync(path, new Uint8Array(bytes));
    assert.throws(() => readDotenv(path), /not in UTF-8.*save it as UTF-8/);
  }
  Deno.writeTextFileSync(path, "\ufeffCONSUMERS=3\n");
  assert.equal(readSettings({ env: {}, dotenv: readDotenv(path) }).consumers, 3);
});

Deno.test("a .env that exists and cannot be read stops the start", async () => {
  await using folder = await tempFolder();
  Deno.mkdirSync(folder.file("folder"));
  Deno.symlinkSync(folder.file("gone"), folder.file("link"));
  for (const name of ["folder", "link"]) {
    assert.throws(() => readDotenv(folder.file(name)), /\.env cannot be read/);
  }
});
