/**
 * A process is killed, and its database is damaged before the next one starts. Either the database is
 * refused with a sentence, or what opens is an earlier state: all commits up to one, and none after it.
 * A log with wrong bytes ends before them, as if the process had died then: SQLite cannot tell the two apart.
 * Only an outside ledger can show that commits are missing.
 */
import { getQueue, openStore, type Queue, StorageError } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { drainBacklog } from "../support/queue/backlog_drain.ts";
import { copyDatabase, idOf, makeVictim, stateOf, type Victim } from "./damage/database.ts";
import { type Damage, kindFlip, logFlip, logLoss, pageDamage } from "./damage/parts.ts";
import { EMPTY_FILES, FOREIGN_SCHEMAS, stranger } from "./damage/wholes.ts";
import type { Random } from "../support/random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import type { Fault } from "./fault.ts";

const OFTEN = { logLoss: 100, logFlip: 100, page: 100, kind: 5, stranger: 50 };
const EACH = OFTEN.logLoss + OFTEN.logFlip + OFTEN.page + OFTEN.kind + OFTEN.stranger +
  EMPTY_FILES.length + FOREIGN_SCHEMAS.length;

export const damage: Fault = {
  letter: "F",
  about: "SQLite",
  title: "the database or its log is damaged, lost, or another program's",
  tries: { each: EACH, long: 10 * EACH },
  async *attempts(random) {
    await using folder = await tempFolder();
    const victim = await makeVictim(folder.file("victim.db"));
    for (;;) {
      for (const one of damages(victim, random)) {
        const broken = await befallen(victim, one, random);
        yield broken.map((violation) => `${one.what}: ${violation}`);
      }
    }
  },
};

function* damages(victim: Victim, random: Random): Generator<Damage> {
  for (let n = 0; n < OFTEN.logLoss; n++) yield logLoss(victim, random);
  for (let n = 0; n < OFTEN.logFlip; n++) yield logFlip(victim, random);
  for (let n = 0; n < OFTEN.page; n++) yield pageDamage(victim, random);
  for (let n = 0; n < OFTEN.kind; n++) yield kindFlip(victim, random);
  for (let n = 0; n < OFTEN.stranger; n++) yield stranger(random);
  yield* EMPTY_FILES;
  yield* FOREIGN_SCHEMAS;
}

/** What is wrong with how the next start handles it. */
async function befallen(victim: Victim, damage: Damage, random: Random): Promise<string[]> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  copyDatabase(victim.path, path, { withIndex: random.chance(0.5) });
  damage.befall(path);
  const before = contentOf(path);
  let queue: Queue;
  try {
    // Without pruning: the flipped bit may be in a time, and make a job look old.
    queue = await getQueue(`sqlite:${path}`, { role: "owner", retentionMs: 0 });
  } catch (error) {
    const isChanged = contentOf(path) !== before;
    return [...problemsOfTelling(error, damage), ...(isChanged ? ["it was refused, and is changed"] : [])];
  }
  try {
    if (damage.leaves === null) return ["it was opened"];
    return await problemsAtWork(queue, path, victim.states, damage.leaves);
  } catch (error) {
    return problemsOfTelling(error, damage);
  } finally {
    await queue.close();
  }
}

function problemsOfTelling(error: unknown, { leaves, mayBeTold }: Damage): string[] {
  if (!(error instanceof StorageError)) return [`it was not told in a sentence: ${error}`];
  return leaves === null || mayBeTold ? [] : [`it was refused: ${error.message}`];
}

/** @throws {StorageError} if the damage is noticed */
async function problemsAtWork(queue: Queue, path: string, states: readonly string[], leaves: number) {
  const expected = states[leaves] ?? "";
  const state = stateOf((await queue.list({ limit: 200 })).jobs);
  const commits = states.indexOf(state);
  const found = commits < 0 ? `${state}, which it never was` : `its first ${commits} commits`;
  const problems = state === expected ? [] : [`it holds ${found}, and not its first ${leaves}`];
  await goOn(queue);
  const waiting = await waitingForHandler(queue);
  return [...problems, ...waiting.problems, ...await problemsAfter(path, expected, waiting.ids)];
}

/** As the next process does. */
async function goOn(queue: Queue): Promise<void> {
  await queue.recover();
  await queue.probe();
  await queue.add([{ id: "afterwards" }]);
  await drainBacklog(queue);
  await queue.prune();
}

/**
 * A flipped bit can turn the kind of a job into another one, which no index and no checksum contradicts. Such a job
 * must wait for a handler of that kind, and the queue must say so.
 */
async function waitingForHandler(queue: Queue): Promise<{ ids: string[]; problems: string[] }> {
  const { jobs } = await queue.list({ limit: 200, status: "PENDING" });
  const ids = jobs.filter(({ kind }) => !queue.kinds.includes(kind)).map(({ id }) => id);
  const { parked } = await queue.stats();
  const told = parked.reduce((sum, { count }) => sum + count, 0);
  return {
    ids,
    problems: told === ids.length ? [] : [`${ids.length} jobs are parked, but ${told} are reported`],
  };
}

async function problemsAfter(path: string, state: string, waiting: readonly string[]): Promise<string[]> {
  const added = [...Array.from(state, (_, n) => idOf(n)), "afterwards"];
  const completed = added.filter((id) => !waiting.includes(id));
  const drained = waiting.length === 0;
  const store = await openStore(`sqlite:${path}`, "guest");
  try {
    return await verify(store, { deep: true, drained, ledger: { added, completed } });
  } finally {
    await store.close();
  }
}

/** The content of the database and of its log; if there is none, the error that says why. */
function contentOf(path: string): string {
  return [path, `${path}-wal`].map((file) => {
    try {
      return new TextDecoder("latin1").decode(Deno.readFileSync(file));
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  }).join("\n");
}
