import assert from "node:assert/strict";
import { type Log, type LogOptions, openLog, removeOldConsumerLogs } from "../../workers/log.ts";
import { eventually } from "../support/eventually.ts";
import { isMountable, smallDisk } from "../support/damage/full_disk.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** The page size of memory, of which the disk of this test consists. */
const PAGE_BYTES = 4096;
const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[(DEBUG|INFO|WARN|ERROR)\] /;

/** The lines of the log after `write` and a flush, without the timestamps. */
async function logged(
  write: (log: Log) => void,
  options: Partial<LogOptions> = {},
): Promise<string[]> {
  await using folder = await tempFolder();
  const log = openLog({ dir: folder.path, name: "jobqueue", level: "info", ...options });
  write(log);
  log.close();
  return linesOf(await Deno.readTextFile(folder.file("jobqueue.log")));
}

function linesOf(text: string): string[] {
  assert(text === "" || text.endsWith("\n"));
  const lines = text.split("\n").slice(0, -1);
  for (const line of lines) assert.match(line, LINE);
  return lines.map((line) => line.slice(line.indexOf("[")));
}

Deno.test("a line carries the time, the level and the text", async () => {
  const before = Date.now();
  await using folder = await tempFolder();
  const log = openLog({ dir: folder.file("not/yet/there"), name: "producer", level: "info" });
  log.info("Enqueued job_id: data/files/abc.txt");
  log.close();
  const text = await Deno.readTextFile(folder.file("not/yet/there/producer.log"));
  assert.match(text, /^[-\dT:.]{23}Z \[INFO\] Enqueued job_id: data\/files\/abc\.txt\n$/);
  const time = Date.parse(text.slice(0, 24));
  assert(before <= time && time <= Date.now());
});

Deno.test("lines below the level are not written", async () => {
  const writeAll = (log: Log) => {
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
  };
  assert.deepEqual(await logged(writeAll, { level: "debug" }), [
    "[DEBUG] a",
    "[INFO] b",
    "[WARN] c",
    "[ERROR] d",
  ]);
  assert.deepEqual(await logged(writeAll, { level: "info" }), ["[INFO] b", "[WARN] c", "[ERROR] d"]);
  assert.deepEqual(await logged(writeAll, { level: "error" }), ["[ERROR] d"]);
});

Deno.test("audit lines are written at every level", async () => {
  const lines = await logged((log) => log.audit("Login by manager from 127.0.0.1"), { level: "error" });
  assert.deepEqual(lines, ["[INFO] Audit: Login by manager from 127.0.0.1"]);
});

Deno.test("a job id can neither forge a line nor control a terminal", async () => {
  const forged = "x\n2026-11-24T15:00:00.000Z [INFO] Completed job_id: y\r\x1b[2J\u202e\u2028";
  assert.deepEqual(await logged((log) => log.info(`Dequeued job_id: ${forged}`)), [
    "[INFO] Dequeued job_id: x\\n2026-11-24T15:00:00.000Z [INFO] Completed job_id: y\\r\\x1b[2J\\u202e\\u2028",
  ]);
});

Deno.test("a text is never treated as a template", async () => {
  const texts = ["{x}", "{{x}}", "{", "%s %d", "{ }", "{*}", "${x}", "{error.message}"];
  assert.deepEqual(
    await logged((log) => texts.forEach((text) => log.info(text))),
    texts.map((text) => `[INFO] ${text}`),
  );
});

Deno.test("a very long text is cut with a mark", async () => {
  const [line = ""] = await logged((log) => log.error("e".repeat(1_000_000)));
  assert(line.length < 4100);
  assert(line.endsWith("e… (cut, 1000000 characters)"));
});

Deno.test("a line reaches the file soon, so that tail -f is live", async () => {
  await using folder = await tempFolder();
  using log = openLog({ dir: folder.path, name: "jobqueue", level: "info" });
  for (let round = 0; round < 5; round++) {
    for (let line = 0; line < 100; line++) log.info(`Completed job_id: ${round} ${line}`);
    await eventually(
      `round ${round} in the file`,
      () => Deno.readTextFileSync(folder.file("jobqueue.log")).includes(`: ${round} 99\n`),
      { withinMs: 1000 },
    );
  }
});

Deno.test("no line is lost while files rotate, and the oldest file is removed", async () => {
  await using folder = await tempFolder();
  const log = openLog({
    dir: folder.path,
    name: "producer",
    level: "info",
    maxSize: 200_000,
    maxFiles: 3,
  });
  for (let line = 0; line < 20_000; line++) {
    log.info(`Completed job_id: ${line}`);
    if (line % 250 === 0) await new Promise((resolve) => setTimeout(resolve, 1)); // a flush takes a moment
  }
  log.close();
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["producer.log", "producer.log.1", "producer.log.2", "producer.log.3"]);
  const texts = names.reverse().map((name) => Deno.readTextFileSync(folder.file(name)));
  const numbers = linesOf(texts.join("")).map((line) => Number(line.split(": ")[1]));
  const first = numbers[0] ?? NaN;
  assert(first > 0, "the first lines have rotated away");
  assert.deepEqual(numbers, Array.from({ length: 20_000 - first }, (_, index) => first + index));
});

Deno.test("several logs in one thread each write to their own file", async () => {
  await using folder = await tempFolder();
  const first = openLog({ dir: folder.path, name: "jobqueue", level: "info" });
  const second = openLog({ dir: folder.path, name: "producer", level: "debug" });
  first.info("one");
  second.debug("two");
  first.close();
  second.info("three");
  first.info("too late");
  second.close();
  assert.deepEqual(linesOf(await Deno.readTextFile(folder.file("jobqueue.log"))), ["[INFO] one"]);
  assert.deepEqual(linesOf(await Deno.readTextFile(folder.file("producer.log"))), [
    "[DEBUG] two",
    "[INFO] three",
  ]);
});

Deno.test("a log file that was removed is created again", async () => {
  await using folder = await tempFolder();
  using log = openLog({ dir: folder.path, name: "jobqueue", level: "info", checkMs: 20 });
  log.info("before");
  await Deno.remove(folder.file("jobqueue.log"));
  await eventually("the file is back", () => Deno.stat(folder.file("jobqueue.log")).catch(() => null));
  log.info("after");
  await eventually(
    "the line",
    async () => (await Deno.readTextFile(folder.file("jobqueue.log"))).includes("after"),
  );
});

Deno.test("a log file that was moved away is left alone, and a new one is created", async () => {
  await using folder = await tempFolder();
  using log = openLog({ dir: folder.path, name: "jobqueue", level: "info", checkMs: 20 });
  log.info("before");
  await Deno.rename(folder.file("jobqueue.log"), folder.file("elsewhere.log"));
  await eventually("the file is back", () => Deno.stat(folder.file("jobqueue.log")).catch(() => null));
  log.info("after");
  log.close();
  assert.deepEqual(linesOf(await Deno.readTextFile(folder.file("elsewhere.log"))), ["[INFO] before"]);
  assert.deepEqual(linesOf(await Deno.readTextFile(folder.file("jobqueue.log"))), ["[INFO] after"]);
});

Deno.test({
  name: "a line that a full disk cut off is completed when there is room, and later lines follow",
  ignore: !await isMountable(),
  fn: async () => {
    await using folder = await tempFolder();
    await using disk = await smallDisk(folder.path, 1);
    using log = openLog({ dir: folder.path, name: "jobqueue", level: "info", checkMs: 20, maxSize: 1e9 });
    const path = folder.file("jobqueue.log");
    log.info("before");
    await eventually("its page is there", () => Deno.statSync(path).size > 0);
    disk.fill();
    for (let i = 0; i < 400; i++) log.info(`Completed job_id: ${i}`); // more than the rest of that page
    await eventually("the page is full", () => Deno.statSync(path).size === PAGE_BYTES);
    disk.makeRoom();
    log.info("afterwards");
    const text = await eventually("it is written again", () => {
      const text = Deno.readTextFileSync(path);
      return text.includes("afterwards") ? text : null;
    });
    const numbers = Array.from({ length: 400 }, (_, i) => `[INFO] Completed job_id: ${i}`);
    assert.deepEqual(linesOf(text), ["[INFO] before", ...numbers, "[INFO] afterwards"]);
  },
});

Deno.test({
  name: "a disk that stays full costs lines, and the log says how many",
  ignore: Deno.build.os !== "linux", // /dev/full
  fn: async () => {
    await using folder = await tempFolder();
    const path = folder.file("jobqueue.log");
    await Deno.symlink("/dev/full", path);
    using log = openLog({ dir: folder.path, name: "jobqueue", level: "info", checkMs: 20 });
    const text = "x".repeat(1_000);
    log.info(text);
    await new Promise((resolve) => setTimeout(resolve, 300)); // it is tried, and fails
    for (let i = 0; i < 300; i++) log.info(text);
    await Deno.remove(path);
    const lines = await eventually("it says so", async () => {
      const lines = (await Deno.readTextFile(path).catch(() => "")).split("\n");
      return lines.some((line) => line.includes("were dropped")) ? lines : null;
    });
    const [, dropped] = /Log lines were dropped \((\d+)\): .*No space left/.exec(lines.join("\n")) ?? [];
    const kept = lines.filter((line) => line.endsWith(text)).length;
    assert.equal(kept + Number(dropped), 301);
    assert(Number(dropped) > 10);
  },
});

Deno.test({
  name: "a full disk causes one note on stderr, and the log continues when there is room",
  ignore: Deno.build.os !== "linux", // /dev/full
  fn: async () => {
    await using folder = await tempFolder();
    const path = folder.file("jobqueue.log");
    await Deno.symlink("/dev/full", path);
    const script = new URL("./log/log_until_told.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-all", // which /dev/full asks for
        script,
        folder.path,
      ],
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const { value: note } = await stderr.read();
    assert.match(note ?? "", /^Cannot write .*jobqueue\.log: .*(No space left|os error 28).*\n$/);
    await new Promise((resolve) => setTimeout(resolve, 200)); // several more attempts fail
    await Deno.remove(path);
    const text = await eventually("the log works again", async () => {
      const text = await Deno.readTextFile(path).catch(() => "");
      return text.includes("Heartbeat sent") ? text : null;
    });
    await child.stdin.close();
    assert.equal((await child.status).code, 0);
    assert.deepEqual(await stderr.read(), { done: true, value: undefined }, "one note only");
    assert(linesOf(text).every((line) => line === "[INFO] Heartbeat sent"));
  },
});

Deno.test("threads under restricted permissions write one file each", async () => {
  await using folder = await tempFolder();
  const threads = new URL("./log/", import.meta.url).pathname;
  const code = ["workers", "queue"].map((part) => new URL(`../../${part}/`, import.meta.url).pathname);
  const child = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--allow-read=${[folder.path, `${threads}log_thread.ts`, ...code].join()}`,
      `--allow-write=${folder.path}`,
      `${threads}log_in_threads.ts`,
      folder.path,
      "20000",
    ],
  }).output();
  assert.equal(child.code, 0, new TextDecoder().decode(child.stderr));
  for (const name of ["consumer_1.log", "consumer_2.log"]) {
    const lines = linesOf(await Deno.readTextFile(folder.file(name)));
    assert.deepEqual(lines, Array.from({ length: 20_000 }, (_, line) => `[INFO] Completed job_id: ${line}`));
  }
  assert.deepEqual(linesOf(await Deno.readTextFile(folder.file("jobqueue.log"))), [
    "[INFO] Both threads are done",
  ]);
});

const lifeOf = (letter: string) => `consumer_${letter.repeat(8)}-0000-4000-8000-${letter.repeat(12)}`;

Deno.test("logs of old consumer lives are removed, with their rotated files, and no other logs", async () => {
  await using folder = await tempFolder();
  const [a, b, c, d] = ["a", "b", "c", "d"].map(lifeOf);
  for (const [age, name] of ["jobqueue", d, c, b, a].entries()) {
    for (const suffix of [".log", ".log.1"]) {
      await Deno.writeTextFile(folder.file(name + suffix), "x");
      await Deno.utime(folder.file(name + suffix), 1_700_000_000 - age * 60, 1_700_000_000 - age * 60);
    }
  }
  await removeOldConsumerLogs(folder.path, { keep: 2, except: [lifeOf("a")] });
  const kept = [...Deno.readDirSync(folder.path)].map(({ name }) => name).filter((name) =>
    !name.endsWith(".1")
  ).sort();
  assert.deepEqual(kept, [`${a}.log`, `${c}.log`, `${d}.log`, "jobqueue.log"]);
  assert.equal([...Deno.readDirSync(folder.path)].length, 8);
});

Deno.test("the logs of other programs in LOG_DIR are never removed, even if their names begin with consumer_", async () => {
  await using folder = await tempFolder();
  const names = ["consumer_kafka.log", "consumer_kafka.log.1", `${lifeOf("a")}-of-us.log`];
  for (const name of names) await Deno.writeTextFile(folder.file(name), "x");
  await removeOldConsumerLogs(folder.path, { keep: 0 });
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), names.sort());
});
