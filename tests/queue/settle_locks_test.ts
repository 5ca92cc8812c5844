/** Endings on PostgreSQL lock their jobs in the same order as all other writes. */
import assert from "node:assert/strict";
import { openStore, StorageError } from "@persistent-queue/queue";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { holding, waitingForLock } from "../support/servers/postgres_locks.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

Deno.test({
  name: "endings of several sorts in one call and a bulk cancel beside them do not wait for each other",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    const store = await openStore(server.url("q"), "owner");
    try {
      await store.join({ id: crypto.randomUUID(), host: "here", pid: 1, version: "" });
      await store.insert([newJob("first"), newJob("second")]);
      const { claimed } = await store.claim([{ consumerId: "c1", limit: 2, suspect: false }]);
      const [first, second] = claimed;
      assert.ok(first !== undefined && second !== undefined);
      // As a bulk cancel that has got as far as the first job.
      await using cancel = await holding(server, "SELECT 1 FROM q.jobs WHERE id = 'first' FOR UPDATE");
      const settled = untilUnlocked(() =>
        store.settle([
          { seq: second.seq, lease: second.lease, verb: "complete", result: null },
          { seq: first.seq, lease: first.lease, verb: "fail", retries: 0, error: "it broke" },
        ])
      );
      await eventually("the endings wait for it", async () => await waitingForLock(server) === 1);
      await cancel.run("SELECT 1 FROM q.jobs WHERE id = 'second' FOR UPDATE NOWAIT");
      await cancel.release();
      assert.deepEqual(await settled, [true, true]);
    } finally {
      await store.close();
    }
  },
});

/** A statement waits a second for a lock; the caller tries again, as the settler does. */
async function untilUnlocked<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}
