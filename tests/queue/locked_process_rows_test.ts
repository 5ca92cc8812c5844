/** Another program has locked rows of the table of processes on PostgreSQL, such as an edit in an open transaction. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import type { Store } from "../../queue/store.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { holding } from "../support/servers/postgres_locks.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** Processes that are silent for this long are dead. */
const SILENT_MS = 1_500;

Deno.test({
  name: "a process whose row is locked is not taken for dead, although it cannot write that it lives",
  ignore: BACKEND === "redis" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const member = async (host: string) => {
      const store = await openStore(server.url(), "owner");
      members.defer(() => store.close());
      const id = crypto.randomUUID();
      await store.join({ id, host, pid: 1, version: "" });
      return { store, id };
    };
    const [working, idle, watching] = [
      await member("working"),
      await member("idle"),
      await member("watching"),
    ];
    await watching.store.insert([newJob("held"), newJob("left")]);
    const held = await claimOne(working.store);
    await using lock = await holding(
      server,
      `UPDATE persistent_queue.processes SET host = host WHERE id IN ('${working.id}', '${idle.id}')`,
    );
    const hung = await member("hung");
    await claimOne(hung.store);
    const dead = async () => {
      await watching.store.beat();
      assert.deepEqual(await working.store.renew(held), [true]);
      const rows = await watching.store.processes({ silentForMs: SILENT_MS });
      return rows.filter(({ isDead }) => isDead).map(({ id }) => id);
    };
    await eventually(
      "the one that hangs, and keeps its connection, is dead",
      async () => (await dead()).length > 0,
      {
        withinMs: 20_000,
      },
    );
    assert.deepEqual(await dead(), [hung.id], "the others were silent for longer");
    await lock.release();
  },
});

async function claimOne(store: Store) {
  const { claimed } = await store.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.equal(claimed.length, 1);
  return claimed;
}
