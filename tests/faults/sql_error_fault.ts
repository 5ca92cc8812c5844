/**
 * One call to SQLite fails, or several in a row: any call in the whole life of a queue, from its opening to
 * its end. A passing error is overcome without help; damage ends the process with a clear message, and the
 * next start finds everything.
 */
import { dirname } from "node:path";
import { StorageError } from "@persistent-queue/queue";
import { atOnce } from "../support/faults/at_once.ts";
import { type BegunDatabase, begunDatabase } from "../support/system/begun_database.ts";
import { eventually } from "../support/eventually.ts";
import { writeEverything } from "../support/system/every_write.ts";
import { Ledger } from "../support/system/ledger.ts";
import type { Random } from "../support/random.ts";
import { onSqlCalls, type SqlCall, type SqlListener } from "../support/damage/sql_calls.ts";
import { sqlError } from "./sql_error/sql_error.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type ThreadlessSystem, threadlessSystem } from "../support/system/threadless_system.ts";
import { verified } from "../support/system/verified.ts";
import type { Fault } from "./fault.ts";

const CORRUPT = 11;
/** BUSY, BUSY_SNAPSHOT, FULL, three of IOERR (reading, writing, syncing), READONLY, NOMEM. */
const CODES = [5, 517, 13, 266, 778, 1034, 8, 7, CORRUPT];
/** After these SQLite may have rolled back by itself: https://www.sqlite.org/lang_transaction.html */
const ROLLING_BACK = [13, 10, 7, 5];
const AT_ONCE = 24;
/** The approximate number of calls of one run, from an empty folder or a database with a past. */
const CALLS_OF_A_DAY = 310;

export const sqlErrors: Fault = {
  letter: "E",
  about: "SQLite",
  title: "the k-th call to SQLite fails",
  tries: { each: 300, long: 900 },
  async *attempts(chance) {
    await using begun = await begunDatabase();
    yield* atOnce(AT_ONCE, chance, (chance) => attempt(chance, begun));
  },
};

async function attempt(chance: Random, begun: BegunDatabase): Promise<string[]> {
  const ledger = new Ledger();
  await using folder = chance.chance(0.2) ? await tempFolder() : await begun.begin(ledger);
  const path = folder.file("queue.db");
  const fault = new FailingCalls(chance);
  const problems: string[] = [];
  try {
    await liveThrough({ path, ledger, fault, problems });
    problems.push(...await verified(path, { ledger, drained: true }));
  } catch (error) {
    problems.push(error instanceof Error ? error.stack ?? error.message : String(error));
  }
  return problems.map((problem) => `${fault}: ${problem}`);
}

/** Several calls in a row that fail in the same way. */
class FailingCalls implements SqlListener {
  readonly code: number;
  readonly #from: number;
  readonly #to: number;
  readonly #rollsBack: boolean;
  readonly #hit: string[] = [];
  #calls = 0;
  /** Whether it was a write that failed. */
  hitsWrite = false;

  constructor(chance: Random) {
    this.code = chance.pick(CODES);
    this.#from = 1 + chance.below(CALLS_OF_A_DAY);
    this.#to = this.#from + chance.pick([1, 1, 1, 2, 3, 8]);
    this.#rollsBack = ROLLING_BACK.includes(this.code & 0xff) && chance.chance(0.5);
  }

  before({ db, name, how }: SqlCall): void {
    if (name === "close") return;
    this.#calls += 1;
    if (this.#calls < this.#from || this.#calls >= this.#to) return;
    this.#hit.push(`${how} ${name}`);
    this.hitsWrite ||= db.isTransaction || name === "BEGIN IMMEDIATE";
    if (this.#rollsBack && db.isTransaction) db.exec("ROLLBACK");
    throw sqlError(this.code, how);
  }

  toString(): string {
    const rollsBack = this.#rollsBack ? ", rolled back by SQLite" : "";
    return `error ${this.code} from call ${this.#from} on (${
      this.#hit.join(", ") || "never reached"
    }${rollsBack})`;
  }
}

interface Day {
  readonly path: string;
  readonly ledger: Ledger;
  readonly fault: FailingCalls;
  readonly problems: string[];
}

/**
 * Until it is drained and stopped. A life that finds the database damaged, or cannot open it, ends, and is
 * started again.
 */
async function liveThrough(day: Day): Promise<void> {
  // Only its own calls: a short run may end before the failing call, which the check afterwards must not hit.
  using _ = onSqlCalls(dirname(day.path), day.fault);
  for (let life = 1;; life++) {
    const system = await openOrEnd(day);
    if (system !== null && await liveToTheEnd(system, `life${life}`, day)) return;
    if (life > 10) throw new Error("It ends again and again.");
  }
}

/** Null: it ended, and said why. */
async function openOrEnd({ path, ledger, fault }: Day): Promise<ThreadlessSystem | null> {
  try {
    return await threadlessSystem({ path, ledger });
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return null;
  } finally {
    fault.hitsWrite = false;
  }
}

/** False: the storage was considered lost. */
async function liveToTheEnd(system: ThreadlessSystem, name: string, day: Day): Promise<boolean> {
  const { ledger, fault, problems } = day;
  try {
    await writeEverything(system, { ledger, name });
    if (fault.code === CORRUPT && fault.hitsWrite) {
      await eventually("it is taken for lost", () => system.lost);
    }
    await eventually("all is done, or lost", async () => system.lost ?? await isDrained(system), {
      withinMs: 10_000,
    });
  } finally {
    await system.stop();
    problems.push(...system.surprises.map((error) => `surprise: ${Deno.inspect(error)}`));
  }
  if (system.lost === null) return true;
  if (fault.code !== CORRUPT) problems.push(`It was taken for lost: ${system.lost}`);
  return false;
}

async function isDrained({ drained }: ThreadlessSystem): Promise<boolean> {
  return await drained(0).then(() => true, () => false);
}
