/** What a server, a database or a user of PostgreSQL sets for sessions that do not say otherwise. */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const OF_USER = {
  default_transaction_isolation: "'repeatable read'",
  standard_conforming_strings: "off",
  array_nulls: "off",
};

for (const [name, value] of Object.entries(OF_USER)) {
  Deno.test({
    name: `processes that start together as a user with ${name} = ${value} all open the queue and add jobs`,
    ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
    fn: async () => {
      await using server = await postgresServer({ isDurable: false });
      await server.sql(`CREATE ROLE other LOGIN; GRANT CREATE ON DATABASE postgres TO other;
        ALTER ROLE other SET ${name} = ${value}`);
      const url = server.url("q").replace("queue@", "other@");
      const stores = await Promise.all([1, 2, 3].map(() => openStore(url, "owner")));
      try {
        for (const [n, store] of stores.entries()) {
          const [added] = await store.insert([newJob(`${n} \\ '`, { runAt: null })]);
          assert.equal(added?.job.id, `${n} \\ '`);
        }
        assert.equal((await stores[0]?.list({ limit: 10 }))?.jobs.length, stores.length);
      } finally {
        for (const store of stores) await store.close();
      }
    },
  });
}
