/** From the events of the queue and the supervisor to the lines of the Ops page. */
import assert from "node:assert/strict";
import type { QueueEvent } from "@persistent-queue/queue";
import { eventText } from "../../ui/ops/recent_events.tsx";
import { latestEvents } from "../../ui/ops/latest_events.ts";
import { RecentEvents } from "../../workers/reporting/recent_events.ts";
import type { SystemEvent } from "../../workers/reporting/log_lines.ts";

const CONSUMER = "5827871d-0000-4000-8000-000000000000";

/** The lines that the page shows for events in this order, newest first. */
function latestOf(...told: (QueueEvent | SystemEvent)[]) {
  const recent = new RecentEvents(() => 1_000);
  for (const event of told) recent.add(event);
  return latestEvents(recent.list());
}

function linesOf(...told: (QueueEvent | SystemEvent)[]): string[] {
  return latestOf(...told).map((event) =>
    `${event.level} | ${event.job_id ?? "–"} | ${eventText(event)} | ${event.earlier ?? 0}`
  );
}

function failedAttempt(id: string, attempt: number, error = "broken"): QueueEvent {
  return {
    type: "retrying",
    id,
    consumerId: CONSUMER,
    attempt,
    of: 3,
    delayMs: 2 ** attempt * 60_000,
    error,
  };
}

function exhausted(id: string, error = "broken"): QueueEvent {
  return { type: "exhausted", id, consumerId: CONSUMER, error, cause: "retries" };
}

Deno.test("a job that is given up is one line, not seven", () => {
  const error = "The file does not exist";
  const attempts = [1, 2, 3].map((attempt) => failedAttempt("data/files/a.txt", attempt, error));
  assert.deepEqual(linesOf(...attempts, exhausted("data/files/a.txt", error)), [
    `warning | data/files/a.txt | given up, every attempt failed: ${error} | 3`,
  ]);
});

Deno.test("jobs that fail at the same time keep their own lines", () => {
  const restart: SystemEvent = {
    type: "restarted",
    role: "consumer",
    id: CONSUMER,
    why: "it stopped answering",
  };
  assert.deepEqual(linesOf(failedAttempt("b", 2), restart, failedAttempt("a", 3), exhausted("b")), [
    "warning | b | given up, every attempt failed: broken | 1",
    "warning | a | attempt 3/3 failed, the next in 8 min: broken | 0",
    "warning | – | Restarted consumer 5827871d: it stopped answering | 0",
  ]);
});

Deno.test("every notable event has its sentence, and jobs their ids, whatever they contain", () => {
  const c = { consumerId: CONSUMER };
  const moved = { verb: "cancel", kind: "mail", from: "PENDING", lease: { seq: 1, lease: 0 } } as const;
  const by = "manager from 203.0.113.7";
  assert.deepEqual(
    linesOf(
      { type: "failed", id: "c: d", ...c, error: "no one to write to" },
      { type: "exhausted", id: "d", ...c, error: "thread ended", cause: "crashes" },
      { type: "released", id: "e (of all)", ...c, why: "crashed", detail: "its consumer ended" },
      { type: "fenced", id: "g", ...c },
      { type: "moved", id: "h", ...moved, by, isOneOfMany: false },
      { type: "moved-many", verb: "resubmit", count: 1200, by, ended: "stopped" },
      { type: "parked", kind: "fax" },
      { type: "host-lost", host: "web-2", pid: 12, jobs: 0 },
      { type: "host-lost", host: "web-3", pid: 12, jobs: 1200 },
      { type: "verified", problems: ["Job a is twice here.", "Job b is, too."] },
      { type: "storage", trouble: "The disk is full." },
      { type: "storage", trouble: null },
      { type: "provoked", ...c, how: "crash", by },
      { type: "notice", level: "error", text: "Something new" },
    ),
    [
      "error | – | Something new | 0",
      `info | – | Consumer 5827871d was made to crash by ${by} | 0`,
      "info | – | The storage works again | 0",
      "warning | – | The disk is full. | 0",
      "warning | – | Job a is twice here. (and 1 more like this) | 0",
      "warning | – | Host web-3 (pid 12) went away without having been stopped: 1,200 jobs were taken from it | 0",
      "warning | – | Host web-2 (pid 12) went away without having been stopped | 0",
      'warning | – | No handler is named "fax": the jobs of that kind wait | 0',
      `info | – | 1,200 jobs resubmitted by ${by}, then it was stopped | 0`,
      `info | h | canceled by ${by} | 0`,
      "warning | g | late result dropped: its lease was lost | 0",
      "warning | e (of all) | returned to the queue: its consumer ended | 0",
      "warning | d | given up, too many crashes: thread ended | 0",
      "warning | c: d | given up: no one to write to | 0",
    ],
  );
});

Deno.test("each job that a sweep took back has a line, unless they are so many that they share one", () => {
  const requeued = (ids: readonly string[]) =>
    ids.map((id) => ({
      id,
      kind: "mail",
      consumerId: CONSUMER,
      status: "PENDING" as const,
      wasRunning: true,
      seq: 1,
      lease: 1,
    }));
  const swept = (ids: readonly string[], excuse: string | null = null): QueueEvent => ({
    ...{ type: "swept", freed: 0, excuse },
    requeued: requeued(ids),
  });
  assert.deepEqual(linesOf(swept([])), []);
  assert.deepEqual(linesOf(swept(["f: 1", "f: 2"], "Nothing is charged")), [
    "warning | f: 2 | its consumer was lost: now PENDING | 0",
    "warning | f: 1 | its consumer was lost: now PENDING | 0",
    "warning | – | Nothing is charged | 0",
  ]);
  const many = Array.from({ length: 5000 }, (_, i) => `${i}`);
  assert.deepEqual(linesOf(swept(many)), ["warning | – | 5,000 jobs have lost their consumers | 0"]);
});

Deno.test("normal events leave no line: stops, each job of a bulk move, plain work", () => {
  const moved = { verb: "cancel", kind: "mail", from: "PENDING", lease: { seq: 1, lease: 0 } } as const;
  assert.deepEqual(
    linesOf(
      { type: "completed", count: 3 },
      { type: "claimed", count: 3 },
      { type: "pruned", count: 3 },
      { type: "verified", problems: [] },
      { type: "released", id: "a", consumerId: CONSUMER, why: "released", detail: "The system stops" },
      { type: "moved", id: "b", ...moved, by: "manager", isOneOfMany: true },
    ),
    [],
  );
});

Deno.test("an error of thousands of letters is one short line among the events", () => {
  const [line = ""] = linesOf(exhausted("a", "very long ".repeat(400)));
  assert.ok(line.length < 380, String(line.length));
  const [half = ""] = linesOf(exhausted("a", `${"x".repeat(299)}${"😀".repeat(9)}`));
  assert.ok(half.isWellFormed(), half);
});

Deno.test("fifty events at most are kept, fewer where their ids are long, and no id is ever cut", () => {
  const failed = (id: string): QueueEvent => ({ type: "failed", id, consumerId: CONSUMER, error: "no" });
  const short = latestOf(...Array.from({ length: 80 }, (_, i) => failed(`${i}`)));
  assert.deepEqual(short.map((event) => event.job_id), Array.from({ length: 50 }, (_, i) => `${79 - i}`));
  const ids = Array.from({ length: 80 }, (_, i) => `${i}`.padEnd(2000, "\u202e"));
  const long = latestOf(...ids.map(failed));
  assert.ok(long.length >= 10, String(long.length));
  assert.deepEqual(long.map((event) => event.job_id), ids.reverse().slice(0, long.length));
  const bytes = new TextEncoder().encode(JSON.stringify(long)).length;
  assert.ok(bytes < 100_000, `${bytes} bytes go to each reader at every change`);
});
