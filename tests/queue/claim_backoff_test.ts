/** A job that another program has locked is asked for ever less often, until something happens. */
import assert from "node:assert/strict";
import { ClaimBackoff } from "../../queue/consuming/claim_backoff.ts";
import { getQueue } from "../../queue/get_queue.ts";
import type { Queue } from "../../queue/queue.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const JOB = {
  ...{ seq: 1, lease: 1, consumerId: "c", id: "a", kind: "file", payload: "null" },
  ...{ retries: 0, crashes: 0, suspect: false },
};

Deno.test("a claim that misses a due job is repeated at once, then after ever longer waits, and at once again after a job is found", async () => {
  const backoff = new ClaimBackoff(() => 1_000);
  const waitFor = async (claimed = [] as typeof JOB[], nextRunAt: number | null = 999) => {
    const at = await backoff.nextClaimAt({ claimed, nextRunAt: Promise.resolve(nextRunAt) });
    return at === null ? null : at - 1_000;
  };
  const waits: (number | null)[] = [];
  for (let n = 0; n < 11; n++) waits.push(await waitFor());
  assert.deepEqual(waits, [-1, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000]);
  assert.equal(await waitFor([JOB]), -1);
  assert.deepEqual([await waitFor(), await waitFor()], [-1, 10]);
  assert.equal(await waitFor([], 1_500), 500, "nothing is due");
  assert.deepEqual([await waitFor(), await waitFor()], [-1, 10]);
  assert.equal(await waitFor([], null), null, "nothing waits");
});

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no job is locked there`);
} else {
  Deno.test("postgres: a due job that another program has locked does not make an idle host claim without pause", async () => {
    await using server = await postgresServer({ isDurable: false });
    const queue = await getQueue(server.url(), { role: "owner", kinds: ["file"] });
    try {
      await queue.recover();
      await queue.add([{ id: "a", kind: "file" }]);
      const { unlock } = await lockJob(server);
      let last = -Infinity;
      for (let n = 0; n < 9; n++) last = await waitAfterClaim(queue);
      assert.ok(last > 500, `it would claim again after ${last} ms`);
      await unlock();
      const { claimed } = await claimOne(queue);
      assert.deepEqual(claimed.map(({ id }) => id), ["a"]);
    } finally {
      await queue.close();
    }
  });
}

function claimOne(queue: Queue) {
  return queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
}

async function waitAfterClaim(queue: Queue): Promise<number> {
  const { claimed, nextRunAt } = await claimOne(queue);
  assert.deepEqual(claimed, []);
  const at = await nextRunAt;
  assert.ok(at !== null);
  return at - queue.now();
}

/** As a person does it in `psql`. */
async function lockJob(server: PostgresServer): Promise<{ unlock(): Promise<void> }> {
  const ended = server.sql("BEGIN; UPDATE persistent_queue.jobs SET priority = 5; SELECT pg_sleep(60)")
    .then(() => {}, () => {});
  const holder = "FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'";
  await eventually("the job is locked", async () => (await server.sql(`SELECT pid ${holder}`)).length === 1);
  return {
    unlock: async () => {
      await server.sql(`SELECT pg_terminate_backend(pid) ${holder}`);
      await ended;
    },
  };
}
