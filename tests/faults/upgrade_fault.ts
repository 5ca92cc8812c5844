/**
 * Fault X: a database of an earlier release is opened by this one, and the process is killed in the middle of
 * the upgrade, before any step of it, or while it commits. The next process starts the upgrade again, and
 * nothing is lost.
 */
import { getQueue, openStore } from "@persistent-queue/queue";
import { atOnce } from "../support/faults/at_once.ts";
import { drainBacklog } from "../support/queue/backlog_drain.ts";
import {
  columnsOf,
  contentOf,
  CURRENT_SCHEMA,
  makeOldDatabase,
  schemaOf,
  stepsFrom,
} from "./upgrade/old_database.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { type Random, shuffled } from "../support/random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const CHILD = new URL("./upgrade/child.ts", import.meta.url).pathname;
/** Each run tries some of them, in a different order each time. */
const TRIES = 60;
/** Each earlier release, and each step of its upgrade. */
const UPGRADES = Array.from({ length: CURRENT_SCHEMA - 1 }, (_, i) => i + 1)
  .flatMap((version) => Array.from({ length: stepsFrom(version) }, (_, step) => ({ version, step })));

export const upgrade: Fault = {
  letter: "X",
  about: "SQLite",
  title: "a kill in the middle of an upgrade from an earlier schema",
  tries: { each: TRIES, long: 5 * UPGRADES.length },
  async *attempts(chance) {
    await using folder = await tempFolder();
    const reserve = `${folder.file("queue.db")}.reserve`;
    await (await openStore(`sqlite:${folder.file("queue.db")}`, "owner")).close();
    const upgrades = shuffled(UPGRADES, chance);
    yield* atOnce(2, chance, (random, n) => {
      const { version, step } = upgrades[n % upgrades.length] ?? { version: 1, step: 0 };
      return violationsOf((expect) => upgradeAndDie({ version, step, reserve, random, expect }));
    });
  },
};

interface Upgrading {
  /** The schema to begin with. */
  readonly version: number;
  readonly step: number;
  /** A reserve of megabytes of nothing: one file serves all tries. */
  readonly reserve: string;
  readonly random: Random;
  readonly expect: Expect;
}

async function upgradeAndDie({ version, step, reserve, random, expect }: Upgrading): Promise<void> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const url = `sqlite:${path}`;
  Deno.linkSync(reserve, `${path}.reserve`);
  const ids = makeOldDatabase(path, version, random);
  const columns = columnsOf(path);
  const before = contentOf(path, columns);
  const refusal = await openStore(url, "guest").then((store) => store.close(), String);
  expect(/older release.*start the system once/.test(refusal ?? ""), `a command beside it said ${refusal}`);

  await dieAt(step, path, expect);
  const last = stepsFrom(version) - 1;
  if (step === last && random.chance(0.8)) cutLog(path, random);
  // Now and then the next process dies too, if it has steps left.
  else if (step < last && random.chance(0.2)) {
    await dieAt(random.below(Math.min(step + 1, stepsFrom(schemaOf(path)))), path, expect);
  }
  // Each migration is a separate transaction.
  const isWhole = schemaOf(path) >= version && schemaOf(path) <= CURRENT_SCHEMA;
  expect(isWhole && contentOf(path, columns) === before, "what the dead one left is neither old nor new");

  const queue = await getQueue(url, { role: "owner" });
  try {
    expect(schemaOf(path) === CURRENT_SCHEMA, `the schema is ${schemaOf(path)}`);
    expect(contentOf(path, columns) === before, "something was lost");
    const numbers = (await queue.list({ limit: 1 })).jobs.map(({ seq }) => seq);
    const [added] = await queue.add([{ id: "new" }]);
    expect(
      added !== undefined && added.job.seq > Math.max(...numbers, ids.length),
      "a number was used twice",
    );
    await queue.recover();
    await drainBacklog(queue);
  } finally {
    await queue.close();
  }
  const problems = await problemsAt(url, {
    drained: true,
    ledger: { added: [...ids, "new"], completed: ["new"] },
  });
  expect(problems.length === 0, problems.join(" "));
}

async function dieAt(step: number, path: string, expect: Expect): Promise<void> {
  const args = ["run", "-A", "--no-prompt", "--no-check", CHILD, path, String(step)];
  const { signal, stderr } = await new Deno.Command(Deno.execPath(), { args, stdout: "null" }).output();
  expect(signal === "SIGKILL", `no process died at step ${step}: ${new TextDecoder().decode(stderr)}`);
}

/** As if it had died while it wrote its commit. */
function cutLog(path: string, random: Random): void {
  Deno.truncateSync(`${path}-wal`, random.below(Deno.statSync(`${path}-wal`).size));
}
