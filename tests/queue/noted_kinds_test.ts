/** Which kinds are claimed on PostgreSQL while they change. */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { newJob, PROCESS } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { holding, waitingForLock } from "../support/servers/postgres_locks.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const ONE = [{ consumerId: "c1", limit: 1, suspect: false }];

Deno.test({
  name: "claims that wait while a change of kinds fails to be noted take no jobs of other kinds",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    const store = await openStore(server.url("q"), "owner");
    try {
      await store.join(PROCESS);
      await store.claim(ONE, { kinds: ["mail", "broken"] });
      await store.insert([newJob("no handler", { kind: "fax" }), newJob("b", { kind: "broken" })]);
      const kinds = ["mail"];
      await using row = await holding(server, "SELECT 1 FROM q.processes FOR UPDATE");
      const noting = assert.rejects(store.claim(ONE, { kinds }), /PostgreSQL gave up on a statement/);
      await eventually("the change waits", async () => await waitingForLock(server) === 1);
      await using table = await holding(server, "LOCK TABLE q.jobs");
      const claims = [store.claim(ONE, { kinds })];
      await eventually("a claim waits", async () => await waitingForLock(server) === 2);
      claims.push(store.claim(ONE, { kinds }));
      await server.sql(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE processes SET kinds%'`);
      await noting;
      await row.release();
      await table.release();
      const taken = (await Promise.all(claims)).flatMap(({ claimed }) => claimed.map(({ id }) => id));
      assert.deepEqual(taken, []);
      await store.claim(ONE, { kinds });
      assert.deepEqual((await server.sql("SELECT kinds FROM q.processes"))[0]?.kinds, kinds);
    } finally {
      await store.close();
    }
  },
});
