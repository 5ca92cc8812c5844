/**
 * At some call to SQLite the database can no longer grow: for a moment, or until the system is stopped. New
 * jobs are refused with a reason; what was acknowledged is there; and work continues by itself once there is
 * room.
 */
import { QueueError, StorageError } from "@persistent-queue/queue";
import { atOnce } from "../support/faults/at_once.ts";
import { type BegunDatabase, begunDatabase } from "../support/system/begun_database.ts";
import { eventually } from "../support/eventually.ts";
import { writeEverything } from "../support/system/every_write.ts";
import { Ledger } from "../support/system/ledger.ts";
import type { Random } from "../support/random.ts";
import { onSqlCalls, type SqlCall, type SqlListener } from "../support/damage/sql_calls.ts";
import { type ThreadlessSystem, threadlessSystem } from "../support/system/threadless_system.ts";
import { verified } from "../support/system/verified.ts";
import type { Fault } from "./fault.ts";

const TOLD = /^The disk is full: make room and the queue goes on by itself/;
const AT_ONCE = 8;
/** The approximate number of calls of a start on a database with a past. */
const CALLS = 250;
const NO_LIMIT = 4_294_967_294;

export const fullDisk: Fault = {
  letter: "D",
  about: "SQLite",
  title: "the disk is full at the N-th call to SQLite, for a moment and until the stop",
  tries: { each: 80, long: 400 },
  async *attempts(chance) {
    await using begun = await begunDatabase();
    yield* atOnce(AT_ONCE, chance, (chance, n) => attempt(chance, begun, n % 2 === 0));
  },
};

async function attempt(chance: Random, begun: BegunDatabase, isForEver: boolean): Promise<string[]> {
  const ledger = new Ledger();
  await using folder = await begun.begin(ledger);
  const path = folder.file("queue.db");
  const disk = new SmallDisk(1 + chance.below(CALLS), isForEver ? Infinity : 1 + chance.below(6));
  using _ = onSqlCalls(folder.path, disk);
  const problems: string[] = [];
  const onRefused = (what: string, error: QueueError) => {
    const isTold = error instanceof StorageError ? error.passing && TOLD.test(error.message) : what !== "add";
    if (!isTold) problems.push(`${what} was refused with: ${error}`);
  };
  const scenario = { ledger, onRefused, bytes: chance.pick([0, 500, 3_000]) };
  const system = await threadlessSystem({ path, ledger });
  try {
    await writeEverything(system, { ...scenario, name: "life1" });
    if (isForEver) await addUntilRefused(system, ledger);
    else await goesOn(system, ledger);
  } finally {
    await system.stop();
    problems.push(...system.surprises.map((error) => `surprise: ${Deno.inspect(error)}`));
  }
  disk.makeRoom();
  if (isForEver) await startAgain({ path, ledger });
  problems.push(...await verified(path, { ledger, drained: true }));
  return problems.map((problem) => `${disk}: ${problem}`);
}

/** A database that may not grow from some call on, until enough writes were refused. */
class SmallDisk implements SqlListener {
  readonly #from: number;
  #times: number;
  #calls = 0;
  #refusals = 0;
  #isFull = false;

  constructor(from: number, times: number) {
    this.#from = from;
    this.#times = times;
  }

  before({ db, name }: SqlCall): void {
    if (name === "close") return;
    this.#calls += 1;
    const isFull = this.#calls >= this.#from && this.#refusals < this.#times;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    db.exec(`PRAGMA max_page_count = ${isFull ? 1 : NO_LIMIT}`);
  }

  failed(): void {
    this.#refusals += 1;
  }

  /** Connections opened from now on have no limit. */
  makeRoom(): void {
    this.#times = 0;
    this.#isFull = false;
  }

  toString(): string {
    return `full from call ${this.#from} on, told ${this.#refusals}×`;
  }
}

/** New jobs are refused with a sentence; existing jobs can still be read. */
async function addUntilRefused({ queue }: ThreadlessSystem, ledger: Ledger): Promise<void> {
  for (let n = 0; n < 500; n++) {
    const id = `filling${n}`;
    try {
      await queue.add([{ id, kind: "noop", payload: "x".repeat(3_000) }]);
      ledger.note(`added ${id}`);
    } catch (error) {
      if (!(error instanceof StorageError && TOLD.test(error.message))) throw error;
      await queue.stats();
      await queue.list({});
      return;
    }
  }
  throw new Error("The disk was not full.");
}

/** It recovers by itself: all jobs are done, new ones are accepted, and no trouble is reported. */
async function goesOn(system: ThreadlessSystem, ledger: Ledger): Promise<void> {
  const { queue } = system;
  await eventually("a job is taken", async () => {
    try {
      await queue.add([{ id: "afterwards", kind: "noop" }]);
      ledger.note("added afterwards");
      return true;
    } catch (error) {
      if (error instanceof StorageError) return false;
      throw error;
    }
  });
  await system.drained();
  await eventually("no trouble is reported", () => queue.trouble === null);
}

async function startAgain(place: { path: string; ledger: Ledger }): Promise<void> {
  const system = await threadlessSystem(place);
  try {
    await system.drained();
  } finally {
    await system.stop();
  }
}
