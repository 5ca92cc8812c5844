/**
 * The whole system is killed without a warning, again and again on the same database, while it adds and
 * completes jobs as fast as it can. A process that survives keeps the ledger.
 */
import { openStore } from "@persistent-queue/queue";
import { verify, type VerifyOptions } from "../../queue/maintenance/verify.ts";
import { atOnce } from "../support/faults/at_once.ts";
import { Ledger, wholeLines } from "../support/system/ledger.ts";
import { type Random, random } from "../support/random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import type { Fault } from "./fault.ts";
import { BACKEND, urlFor } from "../support/backend.ts";

/** Kills per queue, before its jobs are completed. Servers get fewer tries, and some of them must get that far. */
const LIVES = BACKEND === "sqlite" ? 20 : 5;
/** At least one per core: each chain mostly waits for its child. */
const CHAINS = 2;
const CHILD = new URL("./kill/ledger_child.ts", import.meta.url).pathname;

export const kill: Fault = {
  letter: "B",
  title: "kill -9 at a random moment under load",
  tries: { each: 200, long: 5_000 },
  async *attempts(chance) {
    const chains = Array.from({ length: CHAINS }, () => killAgainAndAgain(random(chance.below(2 ** 32))));
    try {
      yield* atOnce(CHAINS, chance, async (_, n) => (await chains[n % CHAINS]?.next())?.value ?? []);
    } finally {
      for (const chain of chains) await chain.return();
    }
  },
};

/** After each life, and at the end of each chain of lives, every acknowledged job must be there. */
async function* killAgainAndAgain(chance: Random): AsyncGenerator<readonly string[], void, void> {
  for (;;) {
    await using folder = await tempFolder();
    const url = urlFor(folder.file("queue.db"));
    const ledger = new Ledger();
    for (let life = 0; life < LIVES; life++) {
      // Half of them kill themselves if that comes first: right at an acknowledgement.
      const lastWords = chance.chance(0.5) ? 1 + chance.below(200) : 0;
      const consumers = chance.chance(0.1) ? 3 : 1;
      const from = life === 0 ? "completed" : chance.pick(["start", "open", "completed"]);
      const problems = await liveAndDie(start(folder.path, [`life${life}`, consumers, lastWords]), ledger, {
        ms: 60 + Math.min(chance.below(240), chance.below(240)),
        from,
      });
      // Sometimes the state is checked in between; otherwise the next life finds everything as the death left it.
      if (chance.chance(0.5)) problems.push(...await problemsOf(url, { ledger }));
      if (life === LIVES - 1) problems.push(...await drain(folder.path, ledger));
      yield problems;
    }
  }
}

function start(folder: string, args: readonly (string | number)[]): Deno.ChildProcess {
  const command = ["run", "-A", "--no-prompt", "--no-check", CHILD, folder, ...args.map(String)];
  return new Deno.Command(Deno.execPath(), { args: command, stdout: "piped", stderr: "inherit" }).spawn();
}

/** Lets the child live for `ms` from its start or from the first line `from`, then kills it without warning. */
async function liveAndDie(
  child: Deno.ChildProcess,
  ledger: Ledger,
  { ms, from }: { ms: number; from: string },
): Promise<string[]> {
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has killed itself, and its output is still being read.
    }
  };
  let timer = from === "start" ? setTimeout(kill, ms) : undefined;
  for await (const line of wholeLines(child.stdout)) {
    if (line.startsWith(from)) timer ??= setTimeout(kill, ms);
    ledger.note(line);
  }
  clearTimeout(timer);
  const { signal, code } = await child.status;
  return signal === "SIGKILL" ? [] : [`The system ended by itself, with ${code}.`];
}

/** The last life completes all that is left; each kill may condemn one innocent job at most. */
async function drain(folder: string, ledger: Ledger): Promise<string[]> {
  const url = urlFor(`${folder}/queue.db`);
  const last = start(folder, ["drain", 3]);
  for await (const line of wholeLines(last.stdout)) ledger.note(line);
  const { code } = await last.status;
  const problems = code === 0 ? [] : [`The last life ended with ${code}.`];
  problems.push(...await problemsOf(url, { ledger, deep: true, drained: true }));
  if (ledger.completed.size < LIVES) problems.push(`There was no load: ${ledger.completed.size} completed.`);
  const condemned = await condemnedAt(url);
  if (condemned > LIVES) problems.push(`${LIVES} kills condemned ${condemned} jobs that can do no harm.`);
  return problems;
}

async function problemsOf(url: string, options: VerifyOptions): Promise<string[]> {
  const store = await openStore(url, "guest");
  try {
    return await verify(store, { retryLimit: 3, retryDelaysMs: [1, 1, 2], untouched: true, ...options });
  } finally {
    await store.close();
  }
}

/** How many harmless jobs were in flight at enough kills to be UNPROCESSABLE. */
async function condemnedAt(url: string): Promise<number> {
  const store = await openStore(url, "guest");
  try {
    return (await store.list({ statuses: ["UNPROCESSABLE"], kind: "noop", limit: 1_000 })).jobs.length;
  } finally {
    await store.close();
  }
}
