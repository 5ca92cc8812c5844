/** Log lines are for people: what the product needs to know of an event it has as data, and never parses from a line. */
import assert from "node:assert/strict";
import type { QueueEvent } from "@persistent-queue/queue";
import { logLines } from "../../workers/reporting/log_lines.ts";
import { sourceFiles, withoutComments } from "./source_files.ts";

const id = "7";
const of = { id, consumerId: "5", error: "9", delayMs: 1000 };
const moved = { type: "moved", kind: "7", from: "FAILED", lease: { seq: 1, lease: 1 }, by: "8" } as const;

/** One event of each type that is logged. */
const EVENTS: readonly QueueEvent[] = [
  { ...of, type: "retrying", attempt: 1, of: 3 },
  { ...of, type: "postponed" },
  { ...of, type: "exhausted", cause: "retries" },
  { ...of, type: "exhausted", cause: "crashes" },
  { ...of, type: "failed" },
  { ...of, type: "released", why: "crashed", detail: "9" },
  { ...of, type: "fenced" },
  {
    type: "swept",
    freed: 1,
    requeued: [{ id, kind: "7", seq: 1, lease: 1, consumerId: "5", status: "PENDING", wasRunning: true }],
  },
  { ...moved, id, verb: "cancel", isOneOfMany: false },
  { ...moved, id, verb: "resubmit", isOneOfMany: false },
  { type: "moved-many", verb: "cancel", count: 5, by: "8", ended: "stopped" },
  { type: "parked", kind: "7" },
  { type: "host-lost", host: "7", pid: 1, jobs: 5 },
  { type: "pruned", count: 7 },
  { type: "verified", problems: [] },
  { type: "storage", trouble: null },
  { type: "storage-warning", warning: "9" },
  { type: "changed-outside" },
];

const LINES = [
  ...EVENTS.flatMap(logLines).map(({ text }) => text),
  ...logLines({ type: "restarted", role: "consumer", id: "5", why: "9" }).map(({ text }) => text),
  ...["Enqueued", "Dequeued", "Completed"].map((verb) => `${verb} job_id: ${id}`),
  "Heartbeat sent",
];

/** Replaces each word by another of the same shape. */
function inOtherWords(line: string): string {
  return line.replace(/[a-z]/gi, (letter) => {
    const first = letter < "a" ? 65 : 97;
    return String.fromCharCode(first + (letter.charCodeAt(0) - first + 13) % 26);
  });
}

const TOKEN =
  /"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:[!&|?{;]\s*|=>\s*|return )\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)(?!\w)/g;
const LOOKS = /\.(?:startsWith|endsWith|includes|indexOf|lastIndexOf|split|slice)\(\s*"((?:\\.|[^"\\\n])*)"/g;

/** The patterns and search strings in this code that depend on the words of a log line. */
function readersIn(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [...code.matchAll(TOKEN)].flatMap(([found, source, flags = ""]) =>
    source !== undefined && knowsWords(new RegExp(source, flags.replace(/[gy]/g, ""))) ? [found] : []
  );
  const looks = [...code.matchAll(LOOKS)].flatMap(([found, words = ""]) =>
    /[a-z] [a-z]|[a-z]{4} | [a-z]{4}/i.test(words) && LINES.some((line) => line.includes(words))
      ? [found]
      : []
  );
  return [...patterns, ...looks];
}

/** Whether it spells a word and matches a line, but not the same line in other words. */
function knowsWords(pattern: RegExp): boolean {
  return /[a-z]{4}/i.test(pattern.source.replace(/\[[^\]]*\]/g, "")) &&
    LINES.some((line) => pattern.test(line) && !pattern.test(inOtherWords(line)));
}

Deno.test("a pattern that reads log lines is recognized, and one that only depends on their shape is not", () => {
  for (
    const code of [
      "const LINE = /^Gave up on (?<id>.+?): (.*)$/s;",
      "const [, id] = /^Marked job_id failed: (.+)$/.exec(text) ?? [];",
      "[/^(Canceled|Resubmitted) job_id: (?<id>.+)$/s, ([, verb]) => verb],",
      'if (line.startsWith("Restarted consumer ")) return;',
      "return /Max retries reached/.test(text);",
    ]
  ) assert.equal(readersIn(code).length, 1, code);
  for (
    const code of [
      'const plain = text.replace(/\\s+/g, " ");',
      "return /^[A-Za-z]+ .*: \\d$/.test(text);",
      "const half = a / b; const quarter = half / 2;",
      "// such as /^Gave up on (.+)$/",
      'log.info("Heartbeat sent");',
    ]
  ) assert.deepEqual(readersIn(code), [], code);
});

Deno.test("no page and no worker parses a log line", async () => {
  const files = (await sourceFiles()).filter(({ path }) =>
    /^(ui|workers)\//.test(path) || path === "main.ts"
  );
  assert.ok(files.length > 100);
  const readers = files.flatMap(({ path, text }) => readersIn(text).map((found) => `${path}: ${found}`));
  assert.deepEqual(readers, []);
});
