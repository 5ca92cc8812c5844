/**
 * Fault R: ten other programs read the database for five seconds while much is written, so that its log can
 * never be checkpointed in full. The log grows as long as they read, and above an alarming size that is
 * reported; when they are done it is small again within a few sweeps. Meanwhile the work continues, and each
 * reader sees a consistent state.
 */
import { DatabaseSync } from "node:sqlite";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const READERS = 10;
const FOR_MS = 5_000;
/** How long each reader holds its snapshot; then it reads again at once. */
const LOOK_MS = 700;
const MB = 2 ** 20;
const SMALL_BYTES = 64 * MB;
const ALARMING_BYTES = 300 * MB;
const SWEEP_MS = 200;
const A_FEW_SWEEPS = 10;
/** The disk may be busy with writes of other programs. */
const PATIENCE_MS = 60_000;

export const reader: Fault = {
  letter: "R",
  about: "SQLite",
  title: "ten readers hold the database for five seconds without a gap, while much is written",
  tries: { each: 1, long: 1 },
  async *attempts() {
    for (;;) yield await violationsOf(readWithoutEnd);
  },
};

async function readWithoutEnd(expect: Expect): Promise<void> {
  await using system = await testSystem({ LOG_LEVEL: "error", SWEEP_MS: String(SWEEP_MS) });
  const { queue, supervisor, settings: { queueUrl }, fatal, events } = system;
  const path = queueUrl.slice("sqlite:".length);
  const end = performance.now() + FOR_MS;
  const readers = Array.from(
    { length: READERS },
    (_, i) => readUntil(end, path, i * LOOK_MS / READERS, expect),
  );
  const added = await writeUntil(end, system, path);
  {
    using last = new DatabaseSync(path, { readOnly: true });
    last.exec("BEGIN; SELECT count(*) FROM jobs");
    // What is written after its snapshot cannot be checkpointed while it reads; everything before may have been.
    await queue.add([{ id: "after the snapshot", kind: "noop" }]);
    added.push("after the snapshot");
    await Promise.all(readers);
    const bytes = Deno.statSync(`${path}-wal`).size;
    expect(
      bytes > SMALL_BYTES,
      `the log has grown to ${Math.round(bytes / MB)} MB alone: that proves nothing`,
    );
    // A hole, which SQLite never reads: writing that much would take too long here.
    Deno.truncateSync(`${path}-wal`, ALARMING_BYTES);
    const isTold = () =>
      supervisor.view().warnings.some((words) => /has grown to 300 MB.*close it/.test(words));
    await eventually("the size of the log is reported", isTold, { withinMs: PATIENCE_MS });
  }
  const sweeps = () => events.filter(({ type }) => type === "swept").length;
  const before = sweeps();
  const isSmall = () => Deno.statSync(`${path}-wal`).size < SMALL_BYTES;
  await eventually("the log is small again", isSmall, { withinMs: PATIENCE_MS });
  expect(sweeps() - before <= A_FEW_SWEEPS, `the log is small again after ${sweeps() - before} sweeps only`);
  await eventually("the warning is gone", () => supervisor.view().warnings.length === 0);
  await eventually("all is done", async () => (await queue.stats()).counts.COMPLETED === added.length);
  expect(fatal.length === 0 && queue.trouble === null, `${queue.trouble} ${fatal.map(({ why }) => why)}`);
  const problems = await problemsAt(queueUrl, { drained: true, ledger: { added, completed: added } });
  expect(problems.length === 0, problems.join(" "));
}

async function readUntil(end: number, path: string, afterMs: number, expect: Expect): Promise<void> {
  await sleep(afterMs);
  using db = new DatabaseSync(path, { readOnly: true });
  const look = db.prepare("SELECT (SELECT count(*) FROM jobs) = (SELECT sum(n) FROM job_counts) AS is_whole");
  while (performance.now() < end) {
    db.exec("BEGIN");
    expect(look.get()?.is_whole === 1, "a reader saw a state in the middle");
    await sleep(LOOK_MS);
    db.exec("COMMIT");
  }
}

/** Large jobs until the log is larger than it should be, then small ones. Returns their ids. */
async function writeUntil(end: number, { queue }: TestSystem, path: string): Promise<string[]> {
  const added: string[] = [];
  for (let n = 0; performance.now() < end; n++) {
    const bytes = Deno.statSync(`${path}-wal`).size < 1.2 * SMALL_BYTES ? 900_000 : 500;
    const jobs = Array.from(
      { length: 4 },
      (_, i) => ({ id: `${n} ${i}`, kind: "noop", payload: "x".repeat(bytes) }),
    );
    await queue.add(jobs);
    added.push(...jobs.map(({ id }) => id));
    await sleep(50);
  }
  return added;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
