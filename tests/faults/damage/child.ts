/**
 * A process that crashes: it adds and completes jobs in a new database, prints a line for each commit, and kills itself.
 * `child.ts <path of the database>`. The first commits are checkpointed into the database, the rest are in the log.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore, type Store } from "@persistent-queue/queue";

const FOLDED = 30;
const LOGGED = 20;
const [path = ""] = Deno.args;

/** Every third job is completed. */
async function work(store: Store, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const job = { kind: "file", payload: JSON.stringify("x".repeat(n * 37 % 100)), priority: 0, runAt: n };
    await store.insert([{ ...job, id: `job ${n}`, replace: false }]);
    console.log("added");
    if (n % 3 !== 0) continue;
    const { claimed } = await store.claim([{ consumerId: "the child", limit: 1, suspect: false }]);
    console.log("claimed");
    await store.settle(claimed.map((job) => ({ ...job, verb: "complete", result: null })));
    console.log("completed");
  }
}

const store = await openStore(`sqlite:${path}`, "owner");
await work(store, 0, FOLDED);
{
  using beside = new DatabaseSync(path);
  beside.exec("PRAGMA wal_checkpoint(TRUNCATE)");
}
console.log("folded");
await work(store, FOLDED, FOLDED + LOGGED);
Deno.kill(Deno.pid, "SIGKILL");
