/**
 * The power fails, and everything not synced is gone, or half there. The system opens what is left:
 * everything that it ever acknowledged is in it. (Whether the disk keeps what it reported as synced cannot be
 * tested here.)
 */
import { atOnce } from "../support/faults/at_once.ts";
import { type BegunDatabase, begunDatabase } from "../support/system/begun_database.ts";
import { writeEverything } from "../support/system/every_write.ts";
import { Ledger } from "../support/system/ledger.ts";
import { type DatabaseFiles, PowerLossModel } from "./power_loss/power_loss.ts";
import type { Random } from "../support/random.ts";
import { onSqlCalls, type SqlCall, type SqlListener } from "../support/damage/sql_calls.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { threadlessSystem } from "../support/system/threadless_system.ts";
import { verified } from "../support/system/verified.ts";
import type { Fault } from "./fault.ts";

const AT_ONCE = 4;
/** The approximate number of commits of one run. */
const COMMITS = 40;

export const powerLoss: Fault = {
  letter: "P",
  about: "SQLite",
  title: "the power fails: whatever was not synced is gone",
  tries: { each: 50, long: 10_000 },
  async *attempts(chance) {
    await using begun = await begunDatabase();
    yield* atOnce(AT_ONCE, chance, (chance) => attempt(chance, begun));
  },
};

async function attempt(chance: Random, begun: BegunDatabase): Promise<string[]> {
  const ledger = new Ledger();
  await using folder = await begun.begin(ledger);
  const path = folder.file("queue.db");
  const power = new PowerCut(path, ledger, chance);
  const scenario = { ledger, bytes: chance.pick([0, 2_000]), name: "before" };
  {
    using _ = onSqlCalls(folder.path, power);
    const system = await threadlessSystem({ path, ledger });
    await writeEverything(system, scenario);
    await system.stop();
    if (system.surprises.length > 0) throw new Error(`It was surprised: ${Deno.inspect(system.surprises)}`);
  }
  const { files, acknowledged, when } = power.found();
  const problems = await goOnWith(files, acknowledged);
  return problems.map((problem) => `power loss ${when}: ${problem}`);
}

/** Saves the state of the files, and what had been acknowledged by then. */
class PowerCut implements SqlListener {
  readonly #path: string;
  readonly #ledger: Ledger;
  readonly #chance: Random;
  readonly #model: PowerLossModel;
  readonly #after: number;
  /** Strikes in the middle of the commit: it was written, may not be synced, and is not acknowledged. */
  readonly #isDuring: boolean;
  readonly #pagesAtOnce: number;
  #commits = 0;
  #found: { files: DatabaseFiles; acknowledged: Ledger; when: string } | null = null;

  constructor(path: string, ledger: Ledger, chance: Random) {
    this.#path = path;
    this.#ledger = ledger;
    this.#chance = chance;
    this.#model = new PowerLossModel(path);
    this.#after = 1 + chance.below(COMMITS);
    this.#isDuring = chance.chance(0.5);
    this.#pagesAtOnce = chance.pick([5, 50, 1_000]);
  }

  before({ db, name }: SqlCall): void {
    if (name === "BEGIN IMMEDIATE" && this.#commits === 0) {
      db.exec(`PRAGMA wal_autocheckpoint = ${this.#pagesAtOnce}`);
    }
    if (this.#commits === this.#after && !this.#isDuring) this.#strike(`after commit ${this.#commits}`);
  }

  after(call: SqlCall): void {
    if (this.#found !== null || call.path !== this.#path) return;
    if (call.name === "COMMIT") this.#commits += 1;
    if (this.#commits === this.#after && this.#isDuring) this.#strike(`during commit ${this.#commits}`);
    this.#model.note(call);
  }

  #strike(when: string): void {
    this.#found ??= { files: this.#model.strike(this.#chance), acknowledged: this.#ledger.copy(), when };
  }

  found() {
    this.#strike("after the stop");
    if (this.#found === null) throw new TypeError("Nothing was found.");
    return this.#found;
  }
}

async function goOnWith({ database, log }: DatabaseFiles, ledger: Ledger): Promise<string[]> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  Deno.writeFileSync(path, database);
  if (log.length > 0) Deno.writeFileSync(`${path}-wal`, log);
  try {
    const system = await threadlessSystem({ path, ledger });
    await system.drained().finally(() => system.stop());
    if (system.surprises.length > 0) return [`It was surprised: ${Deno.inspect(system.surprises)}`];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return await verified(path, { ledger, drained: true });
}
