/** Many replacements in one call to PostgreSQL. */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** Counts the statements that update jobs. */
const COUNTER = `CREATE SEQUENCE q.updates;
  CREATE FUNCTION q.count_updates() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM nextval('q.updates'); RETURN NULL; END $$;
  CREATE TRIGGER updates_counted AFTER UPDATE ON q.jobs FOR EACH STATEMENT EXECUTE FUNCTION q.count_updates()`;

Deno.test({
  name: "a thousand replacements in one call do not take as many round trips to the server",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    const store = await openStore(server.url("q"), "owner");
    try {
      const ids = Array.from({ length: 1_000 }, (_, i) => `job ${i}`);
      await store.insert(ids.map((id) => newJob(id)));
      for (let done = 0; done < ids.length;) done += (await store.move("cancel", ids.slice(done))).length;
      await server.sql(COUNTER);
      const jobs = ids.map((id, i) => newJob(id, { payload: `${i}`, replace: true, by: `user ${i}` }));
      const replaced = await store.insert(jobs);
      assert.deepEqual(
        replaced.map(({ outcome, job }) => [outcome, job.id, job.payload]),
        jobs.map(({ id, payload }) => ["replaced", id, payload]),
      );
      const { history } = await store.get("job 7") ?? {};
      assert.equal(history?.at(-1)?.detail, "added again, by user 7");
      const [updates] = await server.sql("SELECT last_value::int AS n FROM q.updates");
      assert.equal(updates?.n, 1);
    } finally {
      await store.close();
    }
  },
});
