/** Another program has locked a job on PostgreSQL, and several sessions wait for it: the server says only to the first one why. */
import assert from "node:assert/strict";
import { openStore, StorageError } from "@persistent-queue/queue";
import type { Store } from "../../queue/store.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { holding } from "../support/servers/postgres_locks.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const LOCK_JOB = "SELECT 1 FROM q.jobs WHERE id = 'contested' FOR UPDATE";

function test(name: string, story: (server: PostgresServer, store: Store) => Promise<void>): void {
  Deno.test({
    name,
    ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
    fn: async () => {
      await using server = await postgresServer({ isDurable: false });
      const store = await openStore(server.url("q"), "owner");
      try {
        await store.join({ id: crypto.randomUUID(), host: "here", pid: 1, version: "" });
        await store.insert([newJob("contested"), newJob("other")]);
        await story(server, store);
      } finally {
        await store.close();
      }
    },
  });
}

/** Completes both jobs in one turn of the event loop, so that they share a statement. */
async function completeBoth(store: Store) {
  const { claimed } = await store.claim([{ consumerId: "c1", limit: 2, suspect: false }]);
  return () =>
    Promise.allSettled(
      claimed.map(({ seq, lease }) => store.settle([{ seq, lease, verb: "complete", result: null }])),
    );
}

test(
  "the completions of other jobs succeed although another session already waits for the locked one",
  async (server, store) => {
    const complete = await completeBoth(store);
    await using waiter = await holding(server, "SET LOCAL lock_timeout = 0");
    await using holder = await holding(server, LOCK_JOB);
    const waiting = waiter.run(LOCK_JOB);
    await eventually("it waits", async () => (await server.sql(WAITING)).length === 1);
    const [contested, other] = await complete();
    assert.deepEqual(other, { status: "fulfilled", value: [true] });
    assert.ok(contested?.status === "rejected" && contested.reason instanceof StorageError);
    assert.ok(contested.reason.ofSomeJobs, contested.reason.message);
    await holder.release();
    await waiting;
  },
);

test("a table that is locked is no matter of some jobs", async (server, store) => {
  const complete = await completeBoth(store);
  await using _holder = await holding(server, "LOCK TABLE q.jobs IN SHARE MODE");
  for (const one of await complete()) {
    assert.ok(one.status === "rejected" && one.reason instanceof StorageError);
    assert.ok(!one.reason.ofSomeJobs, one.reason.message);
  }
});

const WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
