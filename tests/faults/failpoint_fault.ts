/**
 * The process dies exactly at a failpoint; every other time its successor dies too, during recovery. Then it is
 * started again, and every acknowledged job is there and gets done.
 */
import { atOnce } from "../support/faults/at_once.ts";
import { type BegunDatabase, begunDatabase } from "../support/system/begun_database.ts";
import type { Failpoint } from "./failpoint/failpoint.ts";
import { Ledger, wholeLines } from "../support/system/ledger.ts";
import type { Random } from "../support/random.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { threadlessSystem } from "../support/system/threadless_system.ts";
import { verified } from "../support/system/verified.ts";
import { MAKING, RECOVERING, WORKING } from "./failpoint/failpoints.ts";
import type { Fault } from "./fault.ts";

const FAILPOINTS = [...Object.entries(MAKING), ...Object.entries(WORKING)];
const AT_ONCE = 2;
const CHILD = new URL("./failpoint/child.ts", import.meta.url).pathname;

export const failpoints: Fault = {
  letter: "C",
  about: "SQLite",
  title: `kill -9 at each of ${FAILPOINTS.length} failpoints, and again during recovery`,
  tries: { each: FAILPOINTS.length * 2, long: FAILPOINTS.length * 40 },
  async *attempts(chance) {
    await using begun = await begunDatabase();
    yield* atOnce(AT_ONCE, chance, (chance, n) => attempt(chance, begun, n));
  },
};

async function attempt(chance: Random, begun: BegunDatabase, n: number): Promise<string[]> {
  const round = Math.floor(n / FAILPOINTS.length);
  const [name = "", points = []] = FAILPOINTS[n % FAILPOINTS.length] ?? [];
  const ledger = new Ledger();
  await using folder = name in MAKING ? await tempFolder() : await begun.begin(ledger);
  // After two rounds also at the second or third pass of the failpoint, if there is one.
  const skipped = round < 2 ? 0 : chance.below(3);
  const problems = await live(folder, ledger, { life: "life1", failpoint: { points, skipped } });
  if (round % 2 === 1) {
    const again = { points: RECOVERING[n % RECOVERING.length] ?? [], skipped: 0 };
    problems.push(...await live(folder, ledger, { life: "life2", failpoint: again }));
  }
  problems.push(...await goOn(folder, ledger));
  return problems.map((problem) => `when ${name}: ${problem}`);
}

/** Runs one life up to its failpoint. */
async function live(
  folder: TempFolder,
  ledger: Ledger,
  { life, failpoint }: { life: string; failpoint: Failpoint },
): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", CHILD, folder.path, life, JSON.stringify(failpoint)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  for await (const line of wholeLines(child.stdout)) ledger.note(line);
  const { signal, code } = await child.status;
  if (signal === "SIGKILL" || (code === 0 && failpoint.skipped > 0)) return [];
  return [`The system ended with ${code}, and never came to "${failpoint.points.join(", ")}".`];
}

async function goOn(folder: TempFolder, ledger: Ledger): Promise<string[]> {
  const path = folder.file("queue.db");
  try {
    const system = await threadlessSystem({ path, ledger });
    await system.drained().finally(() => system.stop());
    const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name).filter((name) =>
      /^queue\.db.*(-wal|\.new)$/.test(name)
    );
    const problems = [...system.surprises.map(String), ...left.map((name) => `${name} is left behind.`)];
    return problems.concat(await verified(path, { ledger, drained: true }));
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
