import assert from "node:assert/strict";
import process from "node:process";
import { MessageChannel } from "node:worker_threads";
import { pathToFileURL } from "node:url";
import { handlerFiles } from "../../workers/handler_files.ts";
import { GiveUp, RetryLater } from "../../workers/handler.ts";
import { HandlerCheck } from "../../workers/slots/handler_check.ts";
import { eventually } from "../support/eventually.ts";
import { HostedThreads, type ThreadOptions } from "../../workers/slots/hosted_threads.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

function urlOf(folder: TempFolder): URL {
  return new URL(`${pathToFileURL(folder.path)}/`);
}

Deno.test("links count as their target files, as in a mounted ConfigMap", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("..2026_01"));
  await Deno.writeTextFile(folder.file("..2026_01/mail.ts"), "export const handler = () => 1;");
  await Deno.symlink("..2026_01", folder.file("..data"));
  await Deno.symlink("..data/mail.ts", folder.file("mail.ts"));
  await Deno.symlink("nowhere.ts", folder.file("gone.ts"));
  assert.deepEqual(handlerFiles(urlOf(folder)), {
    kinds: ["mail"],
    problems: ["gone.ts is a link that leads nowhere."],
  });
});

const PASSED_OVER = {
  "sendMail.ts": "send-mail.ts",
  "2fa.ts": "kind-2fa.ts",
  "report.js": "report.ts",
  "page.tsx": "page.ts",
  "sync.mts": "sync.ts",
  "Été.ts": "ete.ts",
  "ünï.ts": "uni.ts",
  "Größe.ts": "grosse.ts",
  "送信.ts": "kind.ts",
  "x.TS": "x.ts",
  "a.JS": "a.ts",
};
for (const [name, right] of Object.entries(PASSED_OVER)) {
  Deno.test(`a handler file named ${name} is reported, with the name that it should have`, async () => {
    await using folder = await tempFolder();
    await Deno.writeTextFile(folder.file(name), "");
    const { kinds, problems: [problem = ""] } = handlerFiles(urlOf(folder));
    assert.deepEqual(kinds, []);
    assert.ok(problem.startsWith(`${name} is not taken as a handler: name it ${right}.`), problem);
  });
}

Deno.test("a handler file whose name is only too long is reported with its length and the limit", async () => {
  await using folder = await tempFolder();
  const [fits, long] = ["a".repeat(64), "a".repeat(68)];
  for (const kind of [fits, long]) await Deno.writeTextFile(folder.file(`${kind}.ts`), "");
  assert.deepEqual(handlerFiles(urlOf(folder)), {
    kinds: [fits],
    problems: [
      `${long}.ts is not taken as a handler: its name has 68 characters before .ts, and may have 64.`,
    ],
  });
});

Deno.test("other files beside handlers are ignored: tests, types, helpers, documents", async () => {
  await using folder = await tempFolder();
  for (
    const name of ["_shared.ts", ".hidden.ts", "mail_test.ts", "types.d.ts", "README.md", "send-mail.ts"]
  ) {
    await Deno.writeTextFile(folder.file(name), "");
  }
  await Deno.mkdir(folder.file("helpers"));
  await Deno.mkdir(folder.file("report"));
  await Deno.writeTextFile(folder.file("report/mod.ts"), "");
  await Deno.mkdir(folder.file("mail.ts"));
  const { kinds, problems } = handlerFiles(urlOf(folder));
  assert.deepEqual(kinds, ["send-mail"]);
  assert.deepEqual(problems, [
    "mail.ts is a folder, but a handler is one file.",
    "report is a folder, but a handler is one file: name it report.ts.",
  ]);
});

Deno.test("a pipe or a device is not taken as a handler, through a link either: loading it hung a thread", async () => {
  await using folder = await tempFolder();
  await Deno.symlink("/dev/zero", folder.file("zero.ts"));
  const { kinds, problems } = handlerFiles(urlOf(folder));
  assert.deepEqual(kinds, []);
  assert.deepEqual(problems, ["zero.ts is not a file, so it is not taken as a handler."]);
});

const SILENT = { warn: () => {}, info: () => {} };
const LIMITS = { consumerMemoryMb: 128, heartbeatMs: 100, stallMs: 30_000 };

Deno.test("each handler is loaded at the start, and a problem is reported in a sentence", async () => {
  await using folder = await tempFolder();
  const files = {
    "sound.ts": "export const handler = () => 1;",
    "syntax.ts": "export const handler = () => {",
    "nothing.ts": "export const run = () => 1;",
    "missing.ts": 'import words from "./words.ts"; export const handler = () => words;',
    "package.ts": 'import words from "no-such-words"; export const handler = () => words;',
    "throws.ts": 'throw new Error("no database"); export const handler = () => 1;',
    "waits.ts": "await new Promise((_) => setInterval(() => {}, 1000)); export const handler = () => 1;",
    "replaces.ts": "globalThis.setTimeout = () => 0; export const handler = () => 1;",
    "spins.ts": "for (;;); export const handler = () => 1;",
    "ends.ts": "import { exit } from 'node:process'; exit(); export const handler = () => 1;",
    "exits.ts": "Deno.exit(); export const handler = () => 1;",
    "rejects.ts": 'Promise.reject(new Error("nobody waits")); export const handler = () => 1;',
    "ringa.ts": 'import { b } from "./ringb.ts"; export const a = 1; export const handler = () => b;',
    "ringb.ts": 'import { a } from "./ringa.ts"; export const b = a + 1; export const handler = () => b;',
    "sends.ts": "throw Proxy.revocable({}, {}).proxy; export const handler = () => 1;",
    "throwslate.ts": 'setTimeout(() => { throw new Error("late"); }, 5); export const handler = () => 1;',
    "zlast.ts": "export const handler = 7;",
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(folder.file(name), text);
  const told: string[] = [];
  const log = { ...SILENT, warn: (sentence: string) => void told.push(sentence) };
  let broken: ReadonlySet<string> = new Set();
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    ...{ folder: urlOf(folder), threads, limits: LIMITS, log },
    onBroken: (kinds) => broken = kinds,
  });
  await check.run();
  assert.deepEqual(told.toSorted(), check.problems.toSorted());
  const sound = ["sound", "rejects", "replaces", "throwslate"];
  assert.deepEqual(
    [...broken].sort(),
    Object.keys(files).map((name) => name.replace(".ts", "")).filter((kind) => !sound.includes(kind)).sort(),
  );
  const about = (name: string) => told.filter((sentence) => sentence.includes(`handler file ${name}.ts`));
  assert.deepEqual(about("sound"), []);
  const expected: Record<string, RegExp> = {
    syntax: /cannot be loaded: SyntaxError: Expected '}'.* \(at file:.*syntax\.ts:1:31\)$/,
    nothing: /does not export a function named handler$/,
    missing: /cannot be loaded: .*words\.ts/,
    package: /cannot be loaded: .*no-such-words is not known\. Add it to the imports/,
    throws: /cannot be loaded: no database/,
    waits: /cannot be loaded: it has not finished after 3 s$/,
    spins: /cannot be loaded: it has not finished after 3 s$/,
    ends: /cannot be loaded: A handler cannot call reallyExit\(\)/,
    exits: /cannot be loaded: A handler cannot call exit\(\)/,
    rejects: /rejects\.ts starts something while it loads that fails: nobody waits at .*rejects\.ts:1/,
    ringa: /cannot be loaded: Cannot access 'a' before initialization/,
    ringb: /ringb\.ts cannot be loaded: Cannot access 'a' before initialization/,
    sends: /cannot be loaded \(caused by/,
    zlast: /does not export a function named handler$/,
  };
  for (const [name, words] of Object.entries(expected)) {
    assert.equal(about(name).length, 1, told.join("\n"));
    assert.match((about(name)[0] ?? "").replace(/ – jobs of kind \w+ wait$/, ""), words);
  }
  assert.ok(told.every((sentence) => !sentence.includes("\n")));
  const late = told.filter((sentence) =>
    /^A handler file starts .* fails: late at .*throwslate\.ts/.test(sentence)
  );
  assert.equal(late.length, 1, told.join("\n"));
});

Deno.test("a handler that hangs in native code while it loads is named, and the check continues", async () => {
  await using folder = await tempFolder();
  const waitsForAWriter =
    'Deno.readTextFileSync(new URL("pipe", import.meta.url)); export const handler = () => 1;';
  await Deno.writeTextFile(folder.file("hangs.ts"), waitsForAWriter);
  await Deno.writeTextFile(folder.file("later.ts"), "export const handler = 7;");
  assert.ok((await new Deno.Command("mkfifo", { args: [folder.file("pipe")] }).output()).success);
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    folder: urlOf(folder),
    threads,
    limits: LIMITS,
    log: SILENT,
    onBroken: () => {},
  });
  await check.run();
  const [wedged = "", late = "", other = "", ...others] = check.problems;
  assert.match(late, /hangs\.ts cannot be loaded: it has not finished after 3 s – jobs of kind hangs wait$/);
  assert.match(other, /later\.ts does not export a function named handler – jobs of kind later wait$/);
  assert.match(wedged, /hangs\.ts hangs in native code while it is loaded: the thread .* cannot be ended/);
  assert.deepEqual(others, []);
  // A writer opens the pipe at last: the thread continues, and ends.
  await Deno.writeTextFile(folder.file("pipe"), "");
  await eventually("it is no longer called wedged", () => !check.problems.includes(wedged));
});

Deno.test("a handler that loads for longer than the first check allows is not given up: its jobs run in the end", async () => {
  await using folder = await tempFolder();
  const busy = "const end = performance.now() + 4000; while (performance.now() < end);";
  await Deno.writeTextFile(folder.file("large.ts"), `${busy} export const handler = () => 1;`);
  const waits = "await new Promise((resolve) => setTimeout(resolve, 4000));";
  await Deno.writeTextFile(folder.file("waits.ts"), `${waits} export const handler = () => 1;`);
  const told: string[] = [];
  const log = { ...SILENT, info: (sentence: string) => void told.push(sentence) };
  const brokenKinds: string[][] = [];
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    ...{ folder: urlOf(folder), threads, limits: LIMITS, log },
    onBroken: (kinds) => brokenKinds.push([...kinds]),
  });
  await check.begin();
  await eventually("both were held", () => brokenKinds.some((kinds) => kinds.length === 2), {
    withinMs: 20_000,
  });
  await eventually("both run", () => brokenKinds.at(-1)?.length === 0, { withinMs: 30_000 });
  check.stop();
  assert.deepEqual(check.problems, []);
  assert.match(told.join("\n"), /^The handler file large\.ts can be loaded now: jobs of kind large run\.$/m);
});

/** What a module does while it loads until its thread has no memory left. */
const HUNGRY = {
  hungry: "for (;;) kept.push(Array.from({ length: 1_000 }, (_, i) => ({ i })));",
  patient: `for (;;) {
    for (let i = 0; i < 20; i++) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }`,
  buffers: `for (;;) {
    kept.push(new Uint8Array(50_000_000).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }`,
};

Deno.test("a module that takes memory while it loads ends only the thread that tries it, and is named with the reason", async () => {
  await using folder = await tempFolder();
  for (const [kind, work] of Object.entries(HUNGRY)) {
    const text = `const kept = []; ${work} export const handler = () => kept;`;
    await Deno.writeTextFile(folder.file(`${kind}.ts`), text);
  }
  await Deno.writeTextFile(folder.file("a-sound.ts"), "export const handler = () => 1;");
  let broken: ReadonlySet<string> = new Set();
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    ...{ folder: urlOf(folder), threads, limits: LIMITS, log: SILENT },
    onBroken: (kinds) => broken = kinds,
  });
  await check.run();
  assert.deepEqual([...broken].sort(), Object.keys(HUNGRY).sort());
  const why = "it ran out of memory \\(limit 128 MB, CONSUMER_MEMORY_MB\\)";
  for (const kind of broken) {
    assert.match(check.problems.join("\n"), new RegExp(`${kind}\\.ts cannot be loaded: ${why}.* – jobs of`));
  }
});

Deno.test("a module that computes for longer than STALL_MS while it loads is broken, and one that waits that long is not", async () => {
  await using folder = await tempFolder();
  const computes = "for (const end = performance.now() + 2_200; performance.now() < end;);";
  await Deno.writeTextFile(folder.file("computes.ts"), `${computes} export const handler = () => 1;`);
  const waits = "await new Promise((resolve) => setTimeout(resolve, 2_200));";
  await Deno.writeTextFile(folder.file("waits.ts"), `${waits} export const handler = () => 1;`);
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    ...{ folder: urlOf(folder), threads, limits: { ...LIMITS, stallMs: 1_100 }, log: SILENT },
    onBroken: () => {},
  });
  await check.run();
  const [problem = "", ...others] = check.problems;
  assert.match(problem, /computes\.ts cannot be loaded: it computes for more than 1\.1 s without a pause/);
  assert.deepEqual(others, []);
});

Deno.test("a handler that a consumer cannot load is held, until it can be loaded", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.file("mail.ts"), "export const handler = () => 1;");
  const brokenKinds: string[][] = [];
  using threads = new HostedThreads();
  const check = new HandlerCheck({
    ...{ folder: urlOf(folder), threads, limits: LIMITS, log: SILENT, againMs: 50 },
    onBroken: (kinds) => brokenKinds.push([...kinds]),
  });
  await check.run();
  const why = "The handler file mail.ts cannot be loaded: no database\n    at mail.ts:1:7";
  check.hold("mail", why, { isFatal: false });
  assert.deepEqual(check.problems, [
    "The handler file mail.ts cannot be loaded: no database (at mail.ts:1:7) – jobs of kind mail wait",
  ]);
  await eventually("it is tried again", () => brokenKinds.length === 2);
  assert.deepEqual(brokenKinds, [["mail"], []]);
  assert.deepEqual(check.problems, []);
  check.stop();
});

Deno.test("no handler is blamed for a thread that could not start, as on a busy machine", async () => {
  await using folder = await tempFolder();
  for (const kind of ["a", "b"]) {
    await Deno.writeTextFile(folder.file(`${kind}.ts`), "export const handler = () => 1;");
  }
  let starts = 0;
  const threads = {
    start({ onError, onExit }: ThreadOptions) {
      starts += 1;
      const { port1, port2 } = new MessageChannel();
      queueMicrotask(() => {
        onError({ message: "The host of the threads failed", code: null });
        onExit();
        port2.close();
      });
      return { port: port1, terminate: () => {} };
    },
  };
  const broken: unknown[] = [];
  const check = new HandlerCheck({
    folder: urlOf(folder),
    threads,
    limits: LIMITS,
    log: SILENT,
    onBroken: (kinds) => broken.push(kinds),
  });
  await check.run();
  assert.deepEqual(broken, []);
  assert.equal(starts, 1);
  assert.deepEqual(check.problems, [
    "The handler files could not be checked: The host of the threads failed.",
  ]);
});

Deno.test("a thread that loads a handler that spins is ended, and uses no more CPU time", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.file("spins.ts"), "for (;;); export const handler = () => 1;");
  using threads = new HostedThreads();
  await new HandlerCheck({ folder: urlOf(folder), threads, limits: LIMITS, log: SILENT, onBroken: () => {} })
    .run();
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 400));
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 100_000, `${(user + system) / 1000} of 400 ms were spent on nothing`);
});

Deno.test("GiveUp and RetryLater from another copy of the file mean the same, and instanceof tells a subclass apart", () => {
  class OtherGiveUp extends Error {
    override readonly name = "GiveUp";
  }
  class OwnGiveUp extends GiveUp {}
  assert.ok(new OtherGiveUp() instanceof GiveUp);
  assert.ok(new OwnGiveUp() instanceof GiveUp);
  assert.ok(new OwnGiveUp() instanceof OwnGiveUp);
  assert.ok(!(new GiveUp() instanceof OwnGiveUp));
  assert.ok(new RetryLater(5) instanceof RetryLater);
  for (const other of [new Error("GiveUp"), { name: "GiveUp" }, null, "GiveUp", new RetryLater(5)]) {
    assert.ok(!(other instanceof GiveUp));
  }
});
