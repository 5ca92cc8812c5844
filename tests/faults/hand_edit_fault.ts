/**
 * Fault N: an operator edits the database with `sqlite3` or `psql` while the system runs. An edit is seen within two
 * seconds, counts included, or the database refuses it; and the work continues.
 */
import { isDeepStrictEqual } from "node:util";
import { type Job, messageOf, type Queue, STATUSES } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { HAND_EDITS, type HandEdit, type Subject } from "./hand_edit/edits.ts";
import { BACKEND } from "../support/backend.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const SEEN_WITHIN_MS = 2_000;
const LATER = 8_000_000_000_000;

export const handEdit: Fault = {
  letter: "N",
  about: "edits by hand",
  title: "the database is edited by hand while the system runs",
  tries: { each: HAND_EDITS.length, long: HAND_EDITS.length },
  async *attempts() {
    await using system = await testSystem({ LOG_LEVEL: "warn" });
    for (let n = 0;; n++) {
      const edit = HAND_EDITS[n % HAND_EDITS.length];
      if (edit === undefined) return;
      const broken = await violationsOf((expect) => tryEdit(system, { n, edit, expect }));
      yield broken.map((violation) => `${edit.sql} (${edit.on}): ${violation}`);
    }
  },
};

interface Editing {
  readonly n: number;
  readonly edit: HandEdit;
  readonly expect: Expect;
}

async function tryEdit(system: TestSystem, { n, edit, expect }: Editing): Promise<void> {
  const { queue, settings, until, fatal, events } = system;
  const id = `${n} ${edit.on}`;
  await prepare(system, edit.on, id);
  const before = await lookAt(queue, id);
  const heard = () => events.filter(({ type }) => type === "changed-outside").length;
  const heardBefore = heard();
  const said = await editByHand(settings.queueUrl, edit.sql.replaceAll("$id", `'${id}'`)).then(
    () => null,
    messageOf,
  );

  if (edit.refusal) {
    expect(said !== null && edit.refusal.test(said), `the database said ${said}`);
    expect(isSame(before, await lookAt(queue, id)), "it was refused, and has changed");
  } else {
    expect(said === null, `the database said ${said}`);
    await eventually("the pages are notified", () => heard() > heardBefore, { withinMs: SEEN_WITHIN_MS });
    await eventually("it is seen", () => isSeen(queue, id, { edit, before }), { withinMs: SEEN_WITHIN_MS });
  }
  await eventually("the counts are right", () => isCounted(queue, settings.queueUrl), {
    withinMs: SEEN_WITHIN_MS,
  });
  await queue.move("cancel", [id], "a test").catch(() => {});
  await queue.add([{ id: `${n} afterwards`, kind: "noop" }]);
  await until(`${n} afterwards`, ({ status }) => status === "COMPLETED");
  const problems = await queue.check({ deep: true });
  expect(
    problems.length === 0 && fatal.length === 0,
    [...problems, ...fatal.map(({ why }) => why)].join(" "),
  );
}

async function prepare({ queue, until }: TestSystem, subject: Subject, id: string): Promise<void> {
  switch (subject) {
    case "new":
      return;
    case "waiting":
      return void await queue.add([{ id, kind: "noop", runAt: LATER }]);
    case "running":
      await queue.add([{ id, kind: "wait", payload: 60_000 }]);
      return void await until(id, ({ status }) => status === "PROCESSING");
    case "done":
      await queue.add([{ id, kind: "noop" }]);
      return void await until(id, ({ status }) => status === "COMPLETED");
    case "failed":
      await queue.add([{ id, kind: "give_up" }]);
      return void await until(id, ({ status }) => status === "FAILED");
  }
}

async function lookAt(queue: Queue, id: string): Promise<Job | null> {
  const { jobs } = await queue.list({ search: id, limit: 1 });
  return jobs[0]?.id === id ? (await queue.get(id)).job : null;
}

interface Edited {
  readonly edit: HandEdit;
  readonly before: Job | null;
}

async function isSeen(
  queue: Queue,
  id: string,
  { edit: { shows, parks }, before }: Edited,
): Promise<boolean> {
  const job = await lookAt(queue, id);
  if (parks !== undefined && !(await queue.stats()).parked.some(({ kind }) => kind === parks)) return false;
  if (shows === null || shows === undefined || job === null) return shows === null && job === null;
  const { lease = job.lease, ...others } = shows;
  return isDeepStrictEqual({ ...job, ...others }, job) && isLease(lease, job, before?.lease ?? 0);
}

/** SQLite counts leases: 1 is the first. On a server they are points in time. */
function isLease(expected: number, { lease }: Job, before: number): boolean {
  if (BACKEND === "sqlite" || expected === lease) return expected === lease;
  return expected > Math.sign(before) ? lease > before : lease === before;
}

/** The job without its heartbeat. */
function isSame(one: Job | null, other: Job | null): boolean {
  const still = (job: Job | null) => job === null ? null : { ...job, lastHeartbeat: null };
  return isDeepStrictEqual(still(one), still(other));
}

async function isCounted(queue: Queue, url: string): Promise<boolean> {
  const lines = (await editByHand(url, "SELECT status, count(*) FROM jobs GROUP BY status")).split("\n");
  const counted = new Map(lines.map((line) => line.split("|", 2)).map(([status, n]) => [status, Number(n)]));
  const { counts } = await queue.stats().catch(() => ({ counts: null }));
  const isSo = counts !== null && STATUSES.every((status) => counts[status] === (counted.get(status) ?? 0));
  return isSo && (await queue.check({ deep: false })).length === 0;
}
