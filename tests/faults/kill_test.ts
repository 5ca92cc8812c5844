import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { verify, type VerifyOptions } from "../../queue/verify.ts";
import { Ledger, wholeLines } from "../support/ledger.ts";
import { printedRandom } from "../support/random.ts";
import { tempFolder } from "../support/temp_folder.ts";

const KILLS = 20;
const CHILD = new URL("../support/ledger_child.ts", import.meta.url).pathname;

function start(folder: string, life: string, lastWords = 0): Deno.ChildProcess {
  const args = ["run", "-A", "--no-prompt", "--no-check", CHILD, folder, life, String(lastWords)];
  return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "inherit" }).spawn();
}

/** Lets the child live for `ms` from its start, or from its first word, then kills it without a warning. */
async function liveAndDie(
  child: Deno.ChildProcess,
  ledger: Ledger,
  { ms, from }: { ms: number; from: "start" | "word" },
) {
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has died by its own hand, and what it said is still being read.
    }
  };
  let timer = from === "start" ? setTimeout(kill, ms) : undefined;
  for await (const line of wholeLines(child.stdout)) {
    timer ??= setTimeout(kill, ms);
    ledger.note(line);
  }
  clearTimeout(timer);
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", "the child ended by itself");
}

Deno.test(`nothing that was acknowledged is lost when the system is killed ${KILLS} times under load`, async () => {
  await using folder = await tempFolder();
  const url = `sqlite:${folder.file("queue.db")}`;
  const chance = printedRandom("kill -9");
  const ledger = new Ledger();

  for (let life = 0; life < KILLS; life++) {
    const from = life === 0 || chance.chance(0.75) ? "word" : "start";
    // Half of them die by their own hand, if that comes sooner: in the very moment of an acknowledgement.
    const lastWords = chance.chance(0.5) ? 1 + chance.below(200) : 0;
    await liveAndDie(start(folder.path, `life${life}`, lastWords), ledger, {
      ms: 60 + chance.below(240),
      from,
    });
    // Now and then before anybody can do it again; else the next life finds all as death left it.
    if (chance.chance(0.5)) assert.deepEqual(await problems(url, { ledger }), []);
  }
  const last = start(folder.path, "drain");
  for await (const line of wholeLines(last.stdout)) ledger.note(line);
  assert.equal((await last.status).code, 0);

  console.log(`${ledger.added.size} added, ${ledger.completed.size} completed`);
  assert.ok(ledger.added.size > 200 && ledger.completed.size > 200, "there was load");
  assert.deepEqual(await problems(url, { ledger, deep: true, drained: true }), []);
  assert.ok(await condemned(url) <= KILLS, "a kill condemns one innocent job at most");
});

async function problems(url: string, options: VerifyOptions): Promise<string[]> {
  const store = await openStore(url, "guest");
  try {
    return await verify(store, { retryLimit: 3, ...options });
  } finally {
    await store.close();
  }
}

/** How many jobs that can do no harm were in flight at so many kills that they are UNPROCESSABLE. */
async function condemned(url: string): Promise<number> {
  const store = await openStore(url, "guest");
  try {
    return (await store.list({ status: "UNPROCESSABLE", kind: "noop", limit: 1_000 })).jobs.length;
  } finally {
    await store.close();
  }
}
