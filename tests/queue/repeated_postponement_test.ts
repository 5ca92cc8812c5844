/** On PostgreSQL a call is repeated when its answer is late, and may then wait for the one that it repeats. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { openStore, StorageError } from "@persistent-queue/queue";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const DELAY_MS = 60_000;

Deno.test({
  name: "a postponed attempt that is repeated while the first call still waits for a lock is stored once",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    const stores = [await openStore(server.url("q"), "owner"), await openStore(server.url("q"), "owner")];
    try {
      const [first, second] = stores;
      assert.ok(first !== undefined && second !== undefined);
      await first.join({ id: crypto.randomUUID(), host: "here", pid: 1, version: "" });
      await first.insert([{
        ...{ id: "a", kind: "file", payload: "null", priority: 0, runAt: null, replace: false },
      }]);
      const { claimed: [job] } = await first.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
      assert.ok(job !== undefined);
      const postponed = {
        ...{ seq: job.seq, lease: job.lease, verb: "retry", event: "postponed", retries: 0 } as const,
        ...{ delayMs: DELAY_MS, detail: "not yet", error: null, replacesLine: false },
      };
      await using lock = await lockJobs(server);
      const answers = [];
      for (const [n, store] of [first, second].entries()) {
        answers.push(untilAnswered(() => store.settle([postponed])));
        await eventually("it waits", async () => await waiting(server) === n + 1);
      }
      await lock[Symbol.asyncDispose]();
      assert.deepEqual(await Promise.all(answers), [[true], [true]]);
      const found = await first.get("a");
      assert.deepEqual(found?.history.map(({ event }) => event), ["postponed"]);
      assert.equal(found?.job.runAt, (found?.history[0]?.at ?? 0) + DELAY_MS);
    } finally {
      for (const store of stores) await store.close();
    }
  },
});

/** A statement waits a second for a lock; the caller tries again, as the settler does. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}

async function lockJobs({ port }: PostgresServer): Promise<AsyncDisposable> {
  const own = postgres({
    ...{ host: "127.0.0.1", port, user: "queue", database: "postgres" },
    ...{ max: 1, max_lifetime: null, onnotice() {} },
  });
  await own.unsafe("BEGIN; SELECT 1 FROM q.jobs FOR UPDATE").simple();
  return { [Symbol.asyncDispose]: () => own.end({ timeout: 1 }) };
}

async function waiting({ sql }: PostgresServer): Promise<unknown> {
  const [row] = await sql(`SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE application_name = 'persistent-queue' AND wait_event_type = 'Lock'`);
  return row?.n;
}
