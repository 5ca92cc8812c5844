/**
 * Fault T: the whole system, as a user starts it, is told to stop while it works: with one signal, two at
 * once, a thread that hangs, or a kill. It is gone in time, no process stays behind, and nothing is lost.
 */
import { getQueue, type Job, type Status } from "@persistent-queue/queue";
import { lockPath } from "../../queue/sqlite/owner_lock.ts";
import { eventually } from "../support/eventually.ts";
import { isAlive } from "../support/processes/is_alive.ts";
import { Ledger } from "../support/system/ledger.ts";
import { loadUntilStop } from "./stop/load_until_stop.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { type Random, random } from "../support/random.ts";
import { freePort } from "../support/processes/free_port.ts";
import { type RunningSystem, runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";
import { BACKEND, urlFor } from "../support/backend.ts";

/** The lives of one database, by how they end; after the last one all jobs are completed. */
const LIVES = [
  "polite",
  "killed",
  "twice",
  "killed",
  "polite",
  "killed",
  "twice",
  "killed",
  "polite",
  "killed",
];
const SIDE_BY_SIDE = 3;
/** Run alongside the others, because a thread that hangs takes long. */
const HUNG = ["insisted", "hung"];
const TRIES = SIDE_BY_SIDE * LIVES.length + HUNG.length;

/** Exit codes by way; 0 unless a second signal was sent. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  killed: [0, 137],
  insisted: [130],
  // A process that does not listen yet is ended by the signal itself.
  early: [0, 143],
};

/** No job here takes that long. */
const POLITE_MS = 5_000;
/** Running jobs get five seconds, and a thread that hangs a few more. */
const AT_MOST_MS = 15_000;

export const stop: Fault = {
  letter: "T",
  title: "SIGTERM, also during the start or with a thread that hangs; SIGINT twice; then kill -9",
  tries: { each: TRIES, long: 16 * TRIES },
  async *attempts(chance) {
    for (;;) {
      const [hung, ...chains] = [HUNG, ...new Array<string[]>(SIDE_BY_SIDE).fill(LIVES)].map((ways) =>
        stopAgainAndAgain(ways, random(chance.below(2 ** 32)))
      );
      const meanwhile = Array.fromAsync(hung ?? []);
      try {
        for (let n = 0; n < LIVES.length; n++) {
          const tried = await Promise.all(chains.map((chain) => chain.next()));
          for (const { value } of tried) yield value ?? [];
        }
        yield* await meanwhile;
      } finally {
        await meanwhile;
        for (const chain of chains) await chain.return();
      }
    }
  },
};

async function* stopAgainAndAgain(
  ways: readonly string[],
  chance: Random,
): AsyncGenerator<readonly string[], void, void> {
  await using folder = await tempFolder();
  const ledger = new Ledger();
  for (const [n, way] of ways.entries()) {
    const violations = await violationsOf(async (expect) => {
      const life = { folder, ledger, chance, way, name: `life${n}` };
      await (way === "early" ? liveShortly(life, expect) : live(life, expect));
      if (n === ways.length - 1) await workOff(folder, ledger, expect);
    });
    yield violations.map((violation) => `${way}, life ${n}: ${violation}`);
  }
}

interface Life {
  readonly folder: TempFolder;
  readonly ledger: Ledger;
  readonly chance: Random;
  readonly way: string;
  readonly name: string;
}

async function live({ folder, ledger, chance, way, name }: Life, expect: Expect): Promise<void> {
  const hangs = HUNG.includes(way);
  const command = chance.chance(0.5) ? "supervise" : "start";
  // A thread that is made to hang must still have its job by then: without one the stop waits for nothing.
  const workMs = hangs ? "1500" : chance.pick(["0", "20", "150", "300"]);
  const env = { CONSUMERS: "2", WORK_MS: workMs };
  const bornAt = Date.now();
  await using system = await runSystem({ command, folder: folder.path, env });
  const supervisor = system.supervisorPid();
  const load = loadUntilStop(system, { ledger, name });
  await sleep(chance.below(200));
  if (hangs) await hangOne(system);
  const began = performance.now();
  await tellToStop(system, { way, chance });
  const { code } = await endOf(system.process, supervisor);
  await eventually("the supervisor is gone", () => !isAlive(supervisor), { withinMs: AT_MOST_MS });
  const ms = Math.round(performance.now() - began);
  await load;
  expect(CODES[way]?.includes(code) ?? code === 0, `exit code ${code}`);
  expect(ms < (way === "hung" ? AT_MOST_MS : POLITE_MS), `it was gone after ${ms} ms only`);
  await expectSound({ folder, ledger, chance, cleanSince: code === 0 ? bornAt : null }, expect);
}

/** It is told to stop before it is ready: if it has begun to work it stops cleanly, otherwise it just ends. */
async function liveShortly({ folder, ledger, chance, way }: Life, expect: Expect): Promise<void> {
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const process = spawnSystem({ folder: folder.path, env: { ...ports, CONSUMERS: "2", WORK_MS: "0" } });
  const printed = Promise.all([process.stdout.cancel(), process.stderr.cancel()]);
  await sleep(chance.below(600));
  send(process.pid, "SIGTERM");
  const { code } = await endOf(process);
  await printed;
  expect(CODES[way]?.includes(code) ?? false, `exit code ${code}`);
  await expectSound({ folder, ledger, chance, cleanSince: null }, expect);
}

interface Ended extends Pick<Life, "folder" | "ledger" | "chance"> {
  /** When the life began that ended with a clean stop. */
  readonly cleanSince: number | null;
}

async function expectSound({ folder, ledger, chance, cleanSince }: Ended, expect: Expect): Promise<void> {
  const isClean = cleanSince !== null;
  if (BACKEND === "sqlite") await expectFreeFile(folder, isClean, expect);
  if (!isClean && chance.chance(0.5)) return; // the next life finds all as this one left it
  const { running } = await look(folder, ledger);
  // On a server, jobs of an earlier life that was killed wait until its death is certain.
  const left = running.filter(({ startedAt }) =>
    BACKEND === "sqlite" || Number(startedAt) >= Number(cleanSince)
  );
  expect(!isClean || left.length === 0, `${left.length} jobs are still PROCESSING`);
  const problems = await problemsAt(urlOf(folder), { ledger, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

async function expectFreeFile(folder: TempFolder, isClean: boolean, expect: Expect): Promise<void> {
  // Its last threads may still be ending.
  await eventually("the database is free", () => isFree(folder), { withinMs: 1_000 });
  if (isClean) expect(!isThere(folder.file("data/queue.db-wal")), "the database was dropped, not closed");
}

async function tellToStop(
  { process, supervisorPid }: RunningSystem,
  { way, chance }: { way: string; chance: Random },
): Promise<void> {
  const supervisor = supervisorPid();
  if (way === "twice") {
    // As one Ctrl+C arrives: from the terminal at every process, from `deno task`, and from the guard.
    const receivers = [process.pid, supervisor, process.pid, supervisor];
    for (const pid of receivers) send(pid, "SIGINT");
    return;
  }
  process.kill("SIGTERM");
  if (way === "insisted") {
    // Any sooner it would count as the same key press.
    await sleep(1_100);
    process.kill("SIGTERM");
  }
  if (way !== "killed") return;
  await sleep(chance.below(120));
  if (chance.chance(0.5)) send(process.pid, "SIGKILL");
  send(supervisor, "SIGKILL");
}

/** Bounds the wait for a process that does not end. */
async function endOf(process: Deno.ChildProcess, ...others: number[]): Promise<Deno.CommandStatus> {
  const impatience = setTimeout(() => {
    for (const pid of [process.pid, ...others]) send(pid, "SIGKILL");
  }, AT_MOST_MS);
  return await process.status.finally(() => clearTimeout(impatience));
}

/** Hangs a thread, one that runs a job if possible. */
async function hangOne(system: RunningSystem): Promise<void> {
  const { id } = await eventually("a consumer works", async () => {
    const { consumers } = await (await system.api("stats")).json();
    return consumers.find(({ state }: { state: string }) => state === "working");
  });
  const response = await system.api(`consumers/${id}/hang`, {});
  await response.body?.cancel();
}

/** Started again, it completes all that is left. */
async function workOff(folder: TempFolder, ledger: Ledger, expect: Expect): Promise<void> {
  await using system = await runSystem({ folder: folder.path, env: { CONSUMERS: "3", WORK_MS: "0" } });
  await eventually("all is done", async () => {
    const { counts } = await look(folder, ledger);
    return counts.PENDING + counts.PROCESSING === 0;
  }, { withinMs: 20_000 });
  const problems = await problemsAt(urlOf(folder), { ledger, retryLimit: 3, drained: true });
  expect(problems.length === 0, problems.join(" "));
  expect(ledger.added.size > 0 && ledger.completed.size > 0, "there was no load");
  expect(!system.lines.some((line) => line.includes("starting it again")), system.lines.join("\n"));
}

interface Looked {
  /** How many jobs have which status. */
  readonly counts: Readonly<Record<Status, number>>;
  readonly running: readonly Job[];
}

/** What is completed now must stay completed. */
async function look(folder: TempFolder, ledger: Ledger): Promise<Looked> {
  const queue = await getQueue(urlOf(folder));
  try {
    const { jobs } = await queue.list({ status: "COMPLETED", limit: 200 });
    for (const { id } of jobs) ledger.note(`completed ${id}`);
    const running = await queue.list({ status: "PROCESSING", limit: 200 });
    return { counts: (await queue.stats()).counts, running: running.jobs };
  } finally {
    await queue.close();
  }
}

function urlOf(folder: TempFolder): string {
  return urlFor(folder.file("data/queue.db"));
}

function isFree(folder: TempFolder): boolean {
  using file = Deno.openSync(lockPath(folder.file("data/queue.db")), { read: true, write: true });
  return file.tryLockSync(true);
}

function isThere(path: string): boolean {
  return [...Deno.readDirSync(path.slice(0, path.lastIndexOf("/")))].some(({ name }) =>
    path.endsWith(`/${name}`)
  );
}

function send(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It is already gone.
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
