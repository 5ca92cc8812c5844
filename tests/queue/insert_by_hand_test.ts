/** A program adds jobs with an INSERT, as docs/programs.md shows it. */
import assert from "node:assert/strict";
import { BACKEND, editTest } from "../support/backend.ts";
import { claimNext } from "../support/queue/attempts.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { START, testQueue } from "../support/queue/test_queue.ts";

editTest(
  "a job that an INSERT adds is claimed with what was given, and with defaults for the rest",
  async () => {
    await using on = await testQueue();
    await editByHand(on.url, `INSERT INTO jobs (id, kind, payload) VALUES ('plain', 'mail', '{"to":"ann"}')`);
    await editByHand(
      on.url,
      `INSERT INTO jobs (id, kind, payload, priority, run_at)
      VALUES ('first', 'mail', '1', 5, 0), ('later', 'mail', '2', 9, ${START + 60_000})`,
    );
    const claimed = [await claimNext(on.queue), await claimNext(on.queue)];
    assert.deepEqual(claimed.map(({ id, kind, payload }) => [id, kind, payload]), [
      ["first", "mail", "1"],
      ["plain", "mail", '{"to":"ann"}'],
    ]);
    on.clock.pass(60_000);
    assert.equal((await claimNext(on.queue)).id, "later");
  },
);

editTest(
  "an INSERT of what no job can be is refused, and so is an id that exists unless it says otherwise",
  async () => {
    await using on = await testQueue();
    const insert = (values: string, more = "") =>
      editByHand(on.url, `INSERT INTO jobs (id, kind, payload, priority) VALUES (${values}) ${more}`);
    await insert(`'a', 'mail', '1', 0`);
    for (
      const values of [
        `'a', 'mail', '1', 0`,
        `'', 'mail', '1', 0`,
        `'b', '', '1', 0`,
        `'b', '${"k".repeat(65)}', '1', 0`,
        `'b', 'mail', 'no json', 0`,
        `'b', 'mail', '1', 101`,
      ]
    ) await assert.rejects(insert(values), Error, values);
    await insert(`'a', 'mail', '2', 0`, "ON CONFLICT DO NOTHING");
    const { jobs } = await on.queue.list({});
    assert.deepEqual(jobs.map(({ id, payload }) => [id, payload]), [["a", "1"]]);
  },
);

Deno.test({
  name: "a role with no rights but the documented ones can insert a job, and it is counted",
  ignore: BACKEND !== "postgres",
  async fn() {
    await using on = await testQueue();
    const schema = new URL(on.url).searchParams.get("schema");
    const role = `shop_${schema}`;
    await editByHand(
      on.url,
      `CREATE ROLE ${role};
        GRANT USAGE ON SCHEMA ${schema} TO ${role};
        GRANT INSERT ON ${schema}.jobs, ${schema}.count_changes TO ${role};`,
    );
    try {
      await editByHand(
        on.url,
        `SET ROLE ${role}; INSERT INTO ${schema}.jobs (id, kind, payload) VALUES ('a', 'mail', '1');`,
      );
    } finally {
      await editByHand(on.url, `DROP OWNED BY ${role}; DROP ROLE ${role};`);
    }
    assert.equal((await on.queue.stats()).counts.PENDING, 1);
    assert.equal((await claimNext(on.queue)).id, "a");
  },
});
