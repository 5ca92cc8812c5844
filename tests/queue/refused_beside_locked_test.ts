/** On PostgreSQL some jobs cannot be given to a holder, and others are locked by another session, such as another host's claim. */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import type { Store } from "../../queue/store.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { holding } from "../support/servers/postgres_locks.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

function test(name: string, story: (server: PostgresServer, store: Store) => Promise<void>): void {
  Deno.test({
    name,
    ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
    fn: async () => {
      await using server = await postgresServer({ isDurable: false });
      const store = await openStore(server.url("q"), "owner");
      try {
        await store.join({ id: crypto.randomUUID(), host: "here", pid: 1, version: "" });
        await story(server, store);
      } finally {
        await store.close();
      }
    },
  });
}

async function addOneRefused(server: PostgresServer, store: Store, ids: readonly string[]): Promise<void> {
  await store.insert(ids.map((id) => newJob(id)));
  // A lease at its bound cannot grow.
  await server.sql("UPDATE q.jobs SET lease = 9007199254740991 WHERE id = 'refused'");
}

async function claim(store: Store, limit: number): Promise<string[]> {
  const { claimed } = await store.claim([{ consumerId: "c1", limit, suspect: false }]);
  return claimed.map(({ id }) => id);
}

test(
  "while a job is set aside because its claim is refused, locked ones do not stop all others",
  async (server, store) => {
    await addOneRefused(server, store, ["refused", "a", "b", "c", "d", "e"]);
    assert.deepEqual(await claim(store, 1), ["a"]);
    await using _holder = await holding(server, "SELECT 1 FROM q.jobs WHERE id IN ('b', 'c') FOR UPDATE");
    assert.deepEqual(await claim(store, 1), ["d"]);
    assert.deepEqual(await claim(store, 2), ["e"]);
  },
);

test(
  "a job whose claim is refused does not stop all others because the one before it is locked",
  async (server, store) => {
    await addOneRefused(server, store, ["locked", "refused", "a"]);
    await using _holder = await holding(server, "SELECT 1 FROM q.jobs WHERE id = 'locked' FOR UPDATE");
    assert.deepEqual(await claim(store, 1), ["a"]);
  },
);

test(
  "a suspect whose claim is refused does not stop all others because the one before it is locked",
  async (server, store) => {
    await addOneRefused(server, store, ["locked", "refused", "a"]);
    await server.sql("UPDATE q.jobs SET suspect = 1");
    await using _holder = await holding(server, "SELECT 1 FROM q.jobs WHERE id = 'locked' FOR UPDATE");
    for (const expected of [["a"], []]) {
      const { claimed } = await store.claim([{ consumerId: "c1", limit: 1, suspect: true }]);
      assert.deepEqual(claimed.map(({ id }) => id), expected);
    }
  },
);
