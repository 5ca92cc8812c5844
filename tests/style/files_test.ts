/** House style that the linter does not check. */
import assert from "node:assert/strict";
import { ROOT, sourceFiles, withoutComments } from "./source_files.ts";

const files = (await sourceFiles()).map(({ path, text }) => ({ path, text, code: withoutComments(text) }));
const sources = files.filter(({ path }) => !path.startsWith("tests/"));

const MAX_LINES = 250;

const STATUS = /"(?:PENDING|PROCESSING|COMPLETED|FAILED|UNPROCESSABLE|CANCELED)"/.source;

function offenders(among: typeof files, pattern: RegExp, where: "text" | "code" | "path" = "code"): string[] {
  return among.flatMap((file) => {
    const found = pattern.exec(file[where]);
    return found ? [`${file.path}: ${found[0].trim()}`] : [];
  });
}

Deno.test(`no source file is longer than ${MAX_LINES} lines`, () => {
  const lengths = sources.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
  console.log(
    `${sorted.length} source files: the median has ${sorted[sorted.length >> 1]} lines, the longest ${
      sorted.at(-1)
    }`,
  );
  assert.deepEqual(lengths.filter(({ lines }) => lines > MAX_LINES), []);
});

Deno.test("files are named in snake_case after what they export, and none is a grab bag", () => {
  const names = /(?:^|\/)(?![a-z][a-z0-9]*(?:_[a-z0-9]+)*\.tsx?$)[^/]+$/;
  assert.deepEqual(offenders(files, names, "path"), []);
  assert.deepEqual(offenders(files, /\b(?:utils?|helpers?|misc|common|lib)\.tsx?$/, "path"), []);
});

Deno.test("there are no default exports", () => {
  assert.deepEqual(offenders(files, /^export default\b|\bas default\b/m), []);
});

Deno.test("no type is any", () => {
  assert.deepEqual(offenders(files, /(?::|\bas|[<,|&])\s*any\b(?!\s*[:(])(?:\[\])?/), []);
});

Deno.test("no file has a note about work to do", () => {
  assert.deepEqual(
    offenders(
      files,
      new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`),
      "text",
    ),
    [],
  );
});

Deno.test("a lint rule is silenced by name and with a reason, a type error never", () => {
  const bare = /deno-lint-ignore(?:-file)?(?:\s*$|\s+(?![a-z-]+[^\n]*--\s*\S))/m;
  assert.deepEqual(offenders(files, bare, "text"), []);
  assert.deepEqual(
    offenders(
      files,
      new RegExp(`@ts-(?:${["ig" + "nore", "no" + "check", "expect" + "-error"].join("|")})`),
      "text",
    ),
    [],
  );
});

Deno.test("the statuses are listed in job.ts and nowhere else", () => {
  const list = new RegExp(`${STATUS}(?:\\s*[,|]\\s*${STATUS}){2,}`);
  const elsewhere = sources.filter(({ path }) => path !== "queue/job.ts");
  assert.deepEqual(offenders(elsewhere, list), []);
});

Deno.test("a backend and its SQL take statuses from job.ts, and name none themselves", () => {
  assert.deepEqual(offenders(sources, new RegExp(STATUS.replaceAll('"', "'"))), []);
  const backends = sources.filter(({ path }) => /^queue\/(sqlite|postgres|redis)\//.test(path));
  assert.deepEqual(offenders(backends, new RegExp(STATUS)), []);
});

Deno.test("the scripts of Redis take statuses from job.ts, and name none themselves", async () => {
  const folder = new URL("queue/redis/scripts/", ROOT);
  const scripts = await Array.fromAsync(
    Deno.readDir(folder),
    async ({ name: path }) => ({ path, text: await Deno.readTextFile(new URL(path, folder)) }),
  );
  assert.ok(scripts.length > 10);
  const named = new RegExp(STATUS.replaceAll('"', ""));
  assert.deepEqual(scripts.filter(({ text }) => named.test(text)).map(({ path }) => path), []);
  assert.deepEqual(
    scripts.filter(({ text }) => text.split("\n").length > MAX_LINES).map(({ path }) => path),
    [],
  );
});

Deno.test("no test is disabled, and none is marked to run alone", () => {
  assert.deepEqual(offenders(files, /\bDeno\.test\.(?:only|ignore)\b|\bonly:\s*true/), []);
});
