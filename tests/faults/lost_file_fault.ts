/**
 * Fault O: a file of the database is deleted, moved, replaced or emptied while the system runs, its folder
 * becomes read-only, or a second system is started on it. It is noticed within a sweep, reported in a
 * sentence, and the process ends with 74; following that sentence recovers everything that was acknowledged,
 * up to the last moment.
 */
import { getQueue, messageOf, openStore, type Queue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { Ledger } from "../support/system/ledger.ts";
import { type Loss, LOSSES } from "./lost_file/lost_files.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { addFile, runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { testSystem } from "../support/system/test_system.ts";
import { startUnprivileged } from "../support/processes/unprivileged_start.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const STORAGE = 74;
const SWEEP_MS = 1_000;
/** A stop takes time. */
const ENDED_WITHIN_MS = 15_000;
const LATER = 8_000_000_000_000;

type Scenario = (expect: Expect) => Promise<void>;

const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ...LOSSES.map((loss) => [loss.what, (expect: Expect) => lose(loss, expect)] as const),
  ["the database of a whole process is deleted", endProcess],
  ["the folder is read-only", startInReadOnlyFolder],
  ["a second supervisor", startSecond],
];

export const lostFile: Fault = {
  letter: "O",
  about: "SQLite",
  title:
    "a file of the database is deleted, moved, replaced or emptied; a read-only folder; a second supervisor",
  tries: { each: SCENARIOS.length, long: SCENARIOS.length },
  /** Concurrently, because they mostly wait. */
  async *attempts() {
    for (;;) {
      const tries = SCENARIOS.map(([, scenario]) => violationsOf(scenario));
      try {
        for (const [i, [what]] of SCENARIOS.entries()) {
          yield (await tries[i] ?? []).map((violation) => `${what}: ${violation}`);
        }
      } finally {
        await Promise.all(tries);
      }
    }
  },
};

async function lose({ befall, putBack, isReplaced }: Loss, expect: Expect): Promise<void> {
  await using system = await testSystem({ LOG_LEVEL: "error", SWEEP_MS: String(SWEEP_MS) });
  const { queue, settings: { queueUrl }, fatal, until } = system;
  const path = queueUrl.slice("sqlite:".length);
  const ledger = new Ledger();
  await queue.add(["done", "waiting"].map((id) => ({ id, kind: "noop" })));
  await until("done", ({ status }) => status === "COMPLETED");
  for (const line of ["added waiting", "completed done"]) ledger.note(line);
  await queue.backup(`${path}.copy`);

  befall(path);
  await addUntil(() => fatal.length > 0, queue, ledger);
  const [end] = fatal;
  expect(end?.exitCode === STORAGE && isSentence(end.why), `it ended with ${end?.exitCode}: ${end?.why}`);
  await system.stop();

  if (putBack !== null && !isReplaced) {
    const refusal = await openStore(queueUrl, "owner").then((store) => store.close(), messageOf);
    expect(
      refusal?.endsWith(".") ?? false,
      `the next start said ${refusal ?? "nothing, and created a new one"}`,
    );
  }
  putBack?.(path);
  await (await getQueue(queueUrl, { role: "owner" })).close();
  const problems = await problemsAt(queueUrl, { ledger });
  expect(problems.length === 0, problems.join(" "));
}

/** Adds jobs, as fast as they are acknowledged, to a file that is gone, until that is noticed or should have been. */
async function addUntil(isNoticed: () => boolean, queue: Queue, ledger: Ledger): Promise<void> {
  const latest = performance.now() + SWEEP_MS;
  for (let n = 0; !isNoticed() && performance.now() < latest; n++) {
    const id = `late-${n}`;
    await queue.add([{ id, kind: "noop", runAt: LATER }]);
    ledger.note(`added ${id}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Names the file, what happened to it, and what to do. */
function isSentence(words: string): boolean {
  return /queue\.db.*(delete|replaced|gone|empt).*(put|restore|rename).*\.$/.test(words);
}

async function endProcess(expect: Expect): Promise<void> {
  await using system = await runSystem({ command: "supervise" });
  await system.until(await addFile(system, "done.txt"), "COMPLETED");
  Deno.removeSync(`${system.folder}/data/queue.db`);
  let ended: Deno.CommandStatus | null = null;
  system.process.status.then((status) => ended = status);
  const { code } = await eventually("it ends", () => ended, { withinMs: ENDED_WITHIN_MS });
  expect(code === STORAGE, `it ended with ${code}`);
  expect(system.lines.some(isSentence), `it said: ${system.lines.join(" ")}`);
}

async function startInReadOnlyFolder(expect: Expect): Promise<void> {
  await using folder = await tempFolder();
  const data = folder.file("data");
  const url = `sqlite:${data}/queue.db`;
  const queue = await getQueue(url, { role: "owner" });
  await queue.add([{ id: "kept" }]);
  await queue.close();
  Deno.chmodSync(data, 0o555);
  try {
    const ended = await startUnprivileged(folder.path);
    if (ended === null) {
      return console.warn(
        "NOT SHOWN HERE: a read-only folder. Root may write everywhere, and there is no setpriv.",
      );
    }
    expect(ended.code === STORAGE, `it ended with ${ended.code}`);
    expect(/[Cc]annot .*(folder|permission|writ)/.test(ended.words), `it said: ${ended.words}`);
    expect(!/^\s+at /m.test(ended.words), `it showed its stack: ${ended.words}`);
  } finally {
    Deno.chmodSync(data, 0o755);
  }
  const problems = await problemsAt(url, { ledger: { added: ["kept"], completed: [] } });
  expect(problems.length === 0, problems.join(" "));
}

async function startSecond(expect: Expect): Promise<void> {
  await using first = await testSystem({ LOG_LEVEL: "error" });
  const { queue, settings: { queueUrl }, fatal, until } = first;
  await queue.add([{ id: "running", kind: "wait", payload: 1_000 }]);
  const refusal = await openStore(queueUrl, "owner").then(() => "nothing", String);
  expect(/in use by another supervisor: stop that one/.test(refusal), `the second one said ${refusal}`);
  const { lease } = await until("running", ({ status }) => status === "COMPLETED");
  expect(lease === 1 && fatal.length === 0, "the first one was disturbed");
}
