import assert from "node:assert/strict";
import { EXIT, getQueue, type Queue } from "@persistent-queue/queue";
import type { CliIo } from "../../ui/cli/command.ts";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { BACKEND, sqliteTest, urlFor } from "../support/backend.ts";

const NOW = Date.parse("2026-11-24T15:00:00Z");

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function openIn(folder: TempFolder): Promise<Queue> {
  return getQueue(urlFor(folder.file("queue.db")), { kinds: ["file", "email"], now: () => NOW });
}

/** Runs one command line against the database of this folder, as a process would. */
async function run(
  folder: TempFolder,
  args: readonly string[],
  { input = "", audit = () => {}, confirm = null }: {
    input?: string;
    audit?: (sentence: string) => void;
    confirm?: CliIo["confirm"];
  } = {},
): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await jobsCommand(args, {
    queueUrl: urlFor(folder.file("queue.db")),
    completeUrl: (url) => ({ url, problems: [] }),
    problemOfCopy: () => null,
    openQueue: () => openIn(folder),
    print: (text) => out.push(text),
    printError: (text) => err.push(text),
    readInput: () => Promise.resolve(input),
    onInterrupt: () => {},
    confirm,
    actor: { by: "command line (user ann)", audit },
    elapsed: () => 0,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Claims the one job that is due, and ends it with this outcome. */
async function workOff(
  folder: TempFolder,
  outcome: Parameters<Queue["settle"]>[0][number]["outcome"],
): Promise<void> {
  const queue = await openIn(folder);
  const { claimed: [job] } = await queue.claim([{ consumerId: "consumer-1", limit: 1, suspect: false }]);
  assert(job !== undefined, "nothing to claim");
  await queue.settle([{ job, outcome }]);
  await queue.close();
}

Deno.test("add puts files into the queue, and list shows them in aligned columns", async () => {
  await using folder = await tempFolder();
  const added = await run(folder, ["add", "data/files/abc.txt", "data/files/longer-name.txt"]);
  assert.deepEqual(added, {
    code: 0,
    out: "data/files/abc.txt          PENDING  added\ndata/files/longer-name.txt  PENDING  added",
    err: "",
  });
  const listed = await run(folder, ["list"]);
  assert.equal(listed.code, 0);
  assert.deepEqual(listed.out.split("\n"), [
    "ID                          STATUS   KIND  RETRIES  CONSUMER  HEARTBEAT  UPDATED",
    "data/files/longer-name.txt  PENDING  file  0        –         –          2026-11-24 15:00:00Z",
    "data/files/abc.txt          PENDING  file  0        –         –          2026-11-24 15:00:00Z",
  ]);
});

Deno.test("add takes every field of a job, and prints the JSON of the API for scripts", async () => {
  await using folder = await tempFolder();
  const words = ["--kind", "email", "--id", "-m1", "--priority", "-5", "--run-at", "2030-01-31T12:00:00Z"];
  const added = await run(folder, ["add", ...words, "--payload", "-", "--json"], { input: '{"to":"ann"}' });
  assert.equal(added.code, 0, added.err);
  const { jobs: [job], outcomes } = JSON.parse(added.out);
  assert.deepEqual(outcomes, ["added"]);
  assert.equal(job.id, "-m1");
  assert.equal(job.kind, "email");
  assert.equal(job.priority, -5);
  assert.equal(job.run_at, Date.parse("2030-01-31T12:00:00Z"));
  assert.deepEqual(job.payload, { to: "ann" });
});

Deno.test("add says when a job is due, and refuses seconds given as milliseconds", async () => {
  await using folder = await tempFolder();
  const at = await run(folder, ["add", "a", "--run-at", "2030-01-31T13:00:00+01:00"]);
  assert.equal(at.out, "a  PENDING  added  due 2030-01-31 12:00:00Z, in 1163 d 21 h");
  const soon = await run(folder, ["add", "b", "--in", "90m"]);
  assert.equal(soon.out, "b  PENDING  added  due 2026-11-24 16:30:00Z, in 1 h 30 min");
  const seconds = await run(folder, ["add", "c", "--run-at", "1900000000"]);
  assert.equal(seconds.code, 1);
  assert.match(seconds.err, /look like seconds, so write 1900000000000/);
});

Deno.test("a job of another kind gets an id, a file job must have one", async () => {
  await using folder = await tempFolder();
  assert.match((await run(folder, ["add", "--kind", "email"])).out, /^email-\S+ +PENDING +added$/);
  assert.equal((await run(folder, ["add", "--kind", "file"])).code, 2);
  assert.equal((await run(folder, ["add"])).code, 2);
});

Deno.test("adding again is harmless while the job waits, refused when it is finished, and --replace says so", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a.txt"]);
  assert.match((await run(folder, ["add", "a.txt"])).out, /already exists, unchanged$/);
  await workOff(folder, { type: "returned", result: null });
  const refused = await run(folder, ["add", "a.txt"]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /"a\.txt" exists already and is COMPLETED/);
  const beside = await run(folder, ["add", "a.txt", "b.txt"]);
  assert.match(beside.out, /^a\.txt +COMPLETED +exists already, unchanged\nb\.txt +PENDING +added$/);
  assert.deepEqual([beside.code, /The others of this call were added\./.test(beside.err)], [1, true]);
  const { results } = JSON.parse((await run(folder, ["add", "a.txt", "c.txt", "--json"])).err);
  assert.deepEqual(results.map(({ id, ok }: { id: string; ok: boolean }) => [id, ok]), [["a.txt", false], [
    "c.txt",
    true,
  ]]);
  assert.match((await run(folder, ["add", "--replace", "a.txt"])).out, /^a\.txt +PENDING +started afresh$/);
});

Deno.test("list filters, pages and prints JSON", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a1", "a2", "b1"]);
  await run(folder, ["cancel", "a1"]);
  const ids = async (...words: string[]) => {
    const { code, out } = await run(folder, ["list", "--json", ...words]);
    assert.equal(code, 0);
    const { jobs, next } = JSON.parse(out);
    return { ids: jobs.map(({ id }: { id: string }) => id), next };
  };
  assert.deepEqual((await ids()).ids, ["b1", "a2", "a1"]);
  assert.deepEqual((await ids("--status", "canceled")).ids, ["a1"]);
  assert.deepEqual((await ids("--search=a", "--kind", "file")).ids, ["a2", "a1"]);
  const first = await ids("--limit", "2");
  assert.deepEqual(first.ids, ["b1", "a2"]);
  assert.deepEqual((await ids("--limit", "2", "--cursor", first.next)).ids, ["a1"]);
  assert.match((await run(folder, ["list", "--limit", "2"])).out, new RegExp(`--cursor ${first.next}$`));
  assert.equal((await run(folder, ["list", "--search", "zzz"])).out, "No jobs.");
});

Deno.test("show prints a job's facts and its history", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a.txt"]);
  await workOff(folder, { type: "gave-up", error: "No such file" });
  const { code, out } = await run(folder, ["show", "a.txt"]);
  assert.equal(code, 0);
  assert.match(out, /^Job a\.txt\nStatus {5}FAILED\nKind {7}file\n/);
  assert.match(out, /\nError: No such file\n/);
  assert.match(out, /\n2026-11-24 15:00:00Z {2}failed {2}retries 0 {2}consumer {2}No such file$/);
  const { status, history } = JSON.parse((await run(folder, ["show", "a.txt", "--json"])).out);
  assert.equal(status, "FAILED");
  assert.equal(history[0].event, "failed");
});

Deno.test("show prints an error of several lines once, line by line, and its first line in the history", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a.txt"]);
  const error = "No such file\n    at workers/handlers/file.ts:51:29";
  const detail = `NotFound: ${error}\n    at loop`;
  await workOff(folder, { type: "gave-up", error, report: { ranMs: 7, detail, log: null } });
  const { out } = await run(folder, ["show", "a.txt"]);
  assert.doesNotMatch(out, /\\n/);
  assert.match(out, /\nError: No such file\n[^ ]/);
  assert.match(out, /\n2026-11-24 15:00:00Z {2}failed {2}retries 0 {2}consumer {2}No such file\n/);
  assert.deepEqual(out.match(/at workers.*/g), ["at workers/handlers/file.ts:51:29"]);
  assert.match(out, /\n {2}NotFound: No such file\n {6}at workers\/handlers\/file\.ts:51:29\n {6}at loop$/);
});

Deno.test("an unknown job is refused with exit code 1, for scripts as JSON", async () => {
  await using folder = await tempFolder();
  const text = await run(folder, ["show", "nothing"]);
  assert.deepEqual([text.code, text.out], [1, ""]);
  assert.match(text.err, /There is no job "nothing"/);
  const json = await run(folder, ["show", "nothing", "--json"]);
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.err).error.code, "unknown_job");
});

Deno.test("cancel and resubmit move what may be moved, and say what may not", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a", "b"]);
  assert.deepEqual(await run(folder, ["cancel", "a"]), { code: 0, out: "a canceled.", err: "" });
  const mixed = await run(folder, ["resubmit", "a", "b", "c"]);
  assert.equal(mixed.code, 1);
  assert.equal(mixed.out, "a resubmitted.");
  assert.match(mixed.err, /^Cannot resubmit job "b": it is PENDING.*\nThere is no job "c"/);
  const json = await run(folder, ["cancel", "a", "c", "--json"]);
  assert.equal(json.code, 1);
  const { canceled, results } = JSON.parse(json.out);
  assert.equal(canceled, 1);
  assert.deepEqual(results[0], { id: "a", ok: true, status: "CANCELED" });
  assert.equal(results[1].error.code, "unknown_job");
});

Deno.test("--all says how many jobs there are of each status, and does nothing until that is confirmed", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a1", "a2", "b1"]);
  await workOff(folder, { type: "gave-up", error: "no use" });
  const pending = async () => JSON.parse((await run(folder, ["stats", "--json"])).out).counts.PENDING;
  const dry = await run(folder, ["cancel", "--all", "--dry-run"]);
  assert.deepEqual([dry.code, dry.out], [0, "3 jobs would be canceled: 2 PENDING, 1 FAILED."]);
  const counted = JSON.parse(
    (await run(folder, ["cancel", "--all", "--search", "a", "--dry-run", "--json"])).out,
  );
  assert.deepEqual(counted, { dry_run: true, matching: 2, by_status: { PENDING: 1, FAILED: 1 } });
  const alone = await run(folder, ["cancel", "--all"]);
  assert.equal(alone.code, 2);
  assert.match(alone.err, /3 jobs would be canceled: 2 PENDING, 1 FAILED\. Add --yes/);
  assert.equal((await run(folder, ["cancel", "--all", "--json"], { confirm: () => true })).code, 2);
  const asked: string[] = [];
  const answer = (yes: boolean) => (question: string) => asked.push(question) > 0 && yes;
  const refused = await run(folder, ["cancel", "--all"], { confirm: answer(false) });
  assert.deepEqual([refused.code, refused.out, await pending()], [1, "Nothing was done.", 2]);
  assert.deepEqual(asked, ["3 jobs would be canceled: 2 PENDING, 1 FAILED. Do it?"]);
  assert.equal((await run(folder, ["cancel", "--all"], { confirm: answer(true) })).out, "3 canceled.");
  assert.equal((await run(folder, ["cancel", "--all"])).out, "0 canceled.", "nothing to ask about");
});

Deno.test("--all moves every job that fits the filter", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a1", "a2", "b1"]);
  assert.equal((await run(folder, ["cancel", "--all", "--search", "a", "--yes"])).out, "2 canceled.");
  assert.equal(JSON.parse((await run(folder, ["cancel", "--all", "--json", "--yes"])).out).canceled, 1);
  assert.equal(
    (await run(folder, ["resubmit", "--all", "--status", "CANCELED", "--yes"])).out,
    "3 resubmitted.",
  );
});

Deno.test("an id or a payload that is not UTF-8 is refused: two such ids became one job", async () => {
  await using folder = await tempFolder();
  // What Deno makes of bytes that are not UTF-8.
  for (const args of [["data/files/\uFFFD.txt"], ["--id", "a\uFFFD"], ["a", "--payload", '"\uFFFD"']]) {
    const { code, err } = await run(folder, ["add", ...args]);
    assert.equal(code, 2);
    assert.match(err, /is not UTF-8\./);
  }
});

Deno.test("a bulk move needs --all and no ids: anything else is a usage error", async () => {
  await using folder = await tempFolder();
  for (const words of [[], ["--status", "FAILED"], ["a", "--all"], ["a", "--status", "FAILED"]]) {
    assert.equal((await run(folder, ["cancel", ...words])).code, 2, words.join(" "));
  }
});

Deno.test("stats counts every status", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a", "b"]);
  await run(folder, ["cancel", "a"]);
  const { code, out } = await run(folder, ["stats"]);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n"), [
    "PENDING        1",
    "PROCESSING     0",
    "COMPLETED      0",
    "FAILED         0",
    "UNPROCESSABLE  0",
    "CANCELED       1",
  ]);
  assert.equal(JSON.parse((await run(folder, ["stats", "--json"])).out).counts.CANCELED, 1);
});

sqliteTest("backup writes a copy that holds every job", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a"]);
  const path = folder.file("copy.db");
  assert.deepEqual(await run(folder, ["backup", path]), {
    code: 0,
    out: `Written to ${path}, and checked.`,
    err: "",
  });
  const copy = await getQueue(urlFor(path));
  assert.equal((await copy.get("a")).job.status, "PENDING");
  await copy.close();
});

Deno.test("verify says that the storage is sound", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a"]);
  const { code, out, err } = await run(folder, ["verify", "--deep"]);
  assert.deepEqual([code, out], [0, "The storage is sound."]);
  // The files of a server are its own business.
  assert.match(err, BACKEND === "sqlite" ? /^$/ : /^Only a quick check: The (files|pages) of .* own tool/);
  assert.deepEqual(JSON.parse((await run(folder, ["verify", "--json"])).out), { sound: true, problems: [] });
});

sqliteTest("storage that does not work is exit code 74", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(folder.file("queue.db"), "this is not a database, it is a text".repeat(100));
  const { code, err } = await run(folder, ["list"]);
  assert.equal(code, 74);
  assert.match(err, /not a SQLite database/);
  assert.equal(JSON.parse((await run(folder, ["list", "--json"])).err).error.code, "storage");
});

Deno.test("an id can neither control the terminal nor forge a row", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "a\u202etxt.exe\u2028b"]);
  const listed = await run(folder, ["list"]);
  assert(listed.out.includes("a\\u202etxt.exe\\u2028b"));
  const refused = await run(folder, ["resubmit", "a\u202etxt.exe\u2028b", "\u202ex"]);
  assert.doesNotMatch(refused.out + refused.err + listed.out, /[\u202e\u2028]/);
});

Deno.test("a command line that makes no sense is exit code 2 with a suggestion, and opens nothing", async () => {
  await using folder = await tempFolder();
  const cases: [string[], RegExp][] = [
    [[], /Usage: deno task jobs <command>/],
    [["lst"], /There is no command "lst"; did you mean "list"\?/],
    [["frobnicate"], /There is no command "frobnicate"\.\n\nUsage/],
    [["constructor"], /There is no command/],
    [
      ["list", "--statsu", "FAILED"],
      /There is no option --statsu; did you mean --status\?\nUsage: deno task jobs list/,
    ],
    [["list", "--constructor"], /There is no option --constructor/],
    [["list", "--status", "FALED"], /There is no status "FALED"; did you mean FAILED\?/],
    [["list", "--kind", "--json"], /--kind needs a value/],
    [["list", "--kind"], /--kind needs a value: --kind <kind>/],
    [["list", "--json=yes"], /switch/],
    [["list", "--limit", "201"], /--limit is a whole number from 1 to 200, not "201"/],
    [["list", "--limit", "1e2"], /not "1e2"/],
    [["list", "abc"], /takes no ids/],
    [["list", "--kind", "a", "--kind=b"], /--kind is given twice: give it once\.\n/],
    [["list", "--status", "FAILED", "--status", "CANCELED"], /twice.*separated by commas: --status FAILED,/],
    [["show"], /takes one id/],
    [["add", "a", "--payload", "{"], /not JSON/],
    [["add", "a", "--run-at", "tomorrow"], /--run-at "tomorrow" is not a time: write/],
    [["add", "a", "--run-at", "2030-02-30T12:00:00Z"], /date or time that does not exist/],
    [["add", "a", "--run-at", "2030-01-31T12:00:00"], /has no time zone/],
    [["add", "a", "--in", "soon"], /--in is a span of time/],
    [["add", "a", "--in", "5m", "--run-at", "2030-01-31T12:00:00Z"], /not both/],
    [["add", "a", "--priority", "101"], /from -100 to 100/],
    [["backup"], /takes one path/],
  ];
  for (const [args, pattern] of cases) {
    const { code, out, err } = await run(folder, args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.match(err, pattern);
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("a script that gets the command or --json itself wrong reads JSON too", async () => {
  await using folder = await tempFolder();
  const cases: [string[], RegExp][] = [
    [["zzz", "--json"], /^There is no command "zzz"\.$/],
    [["lst", "--json"], /did you mean "list"\?$/],
    [["--json"], /^The first word is the command, one of add, list, /],
    [["--json", "list"], /^The first word is the command/],
    [["list", "--json=x"], /^--json is a switch and takes no value\.$/],
    [["help", "zzz", "--json"], /^There is no command "zzz"\.$/],
  ];
  for (const [args, message] of cases) {
    const { code, out, err } = await run(folder, args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    const { error } = JSON.parse(err);
    assert.equal(error.code, "usage");
    assert.match(error.message, message);
  }
  const { err } = await run(folder, ["show", "a", "--", "--json"]);
  assert.match(err, /^show takes one id/, "what follows -- is an id");
});

Deno.test("help and the name of a command prints the help of that command", async () => {
  await using folder = await tempFolder();
  assert.deepEqual(await run(folder, ["help", "add"]), await run(folder, ["add", "--help"]));
  assert.deepEqual(await run(folder, ["help"]), await run(folder, ["--help"]));
  assert.match((await run(folder, ["help", "lst"])).err, /did you mean "list"\?$/);
});

Deno.test("every command has help that opens nothing", async () => {
  await using folder = await tempFolder();
  const all = await run(folder, ["--help"]);
  assert.equal(all.code, 0);
  for (const code of Object.values(EXIT)) {
    assert.equal(new RegExp(`[ ,]${code} [a-z]`).test(all.out), code !== EXIT.wedged, `exit code ${code}`);
  }
  assert.match(all.out, /deno task -q jobs/);
  for (const name of ["add", "list", "show", "resubmit", "cancel", "stats", "backup", "verify"]) {
    assert.match(all.out, new RegExp(`^  ${name} `, "m"));
    for (const flag of ["--help", "-h"]) {
      const { code, out } = await run(folder, [name, flag]);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: deno task jobs ${name} .*\\n[^]*--json +print JSON`));
      assert.doesNotMatch(out, /…$/m, "nothing is cut");
    }
  }
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});

Deno.test("what the command line does is written to the log with the user who ran it", async () => {
  await using folder = await tempFolder();
  const by = "by command line (user ann)";
  const auditOf = async (...args: string[]) => {
    const told: string[] = [];
    await run(folder, args, { audit: (sentence) => told.push(sentence) });
    return told;
  };
  assert.deepEqual(await auditOf("add", "a", "b"), [`Added 2 jobs ${by}: "a", "b"`]);
  assert.deepEqual(await auditOf("cancel", "a"), [`Canceled 1 job ${by}: "a"`]);
  assert.deepEqual(await auditOf("resubmit", "a"), [`Resubmitted 1 job ${by}: "a"`]);
  assert.deepEqual(await auditOf("list"), []);
  if (BACKEND !== "sqlite") return;
  const copy = folder.file("copy.db");
  assert.deepEqual(await auditOf("backup", copy), [`Backup ${by}: ${JSON.stringify(copy)}`]);
});
