import assert from "node:assert/strict";
import { verify, type VerifyOptions } from "../../queue/maintenance/verify.ts";
import type { Store } from "../../queue/store.ts";
import { getQueue } from "@persistent-queue/queue";
import { editTest, sqliteTest } from "../support/backend.ts";
import { claimNext, end, endUntilSettled } from "../support/queue/attempts.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestQueue, testQueue } from "../support/queue/test_queue.ts";

/** Three jobs: `done` is COMPLETED, `bad` FAILED after a crash, `held` is being worked on. */
async function lifelike(): Promise<TestQueue> {
  const on = await testQueue();
  await on.queue.add(["done", "bad", "held"].map((id) => ({ id })));
  await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
  await end(on.queue, await claimNext(on.queue), { type: "crashed", detail: "died", guilty: true });
  await end(on.queue, await claimNext(on.queue), { type: "gave-up", error: "no" });
  await claimNext(on.queue);
  return on;
}

const OPTIONS: VerifyOptions = { deep: true, retryLimit: 3 };

Deno.test("an undamaged store is sound, and agrees with the ledger", async () => {
  await using on = await lifelike();
  const ledger = { added: ["done", "bad", "held"], completed: ["done"] };
  assert.deepEqual(await verify(on.store, { ...OPTIONS, ledger }), []);
});

const HARMS: Record<string, { sql: string; options?: Partial<VerifyOptions>; finds: RegExp }> = {
  "an acknowledged job that is gone": {
    sql: "DELETE FROM jobs WHERE id = 'bad'",
    options: { ledger: { added: ["done", "bad"], completed: [] } },
    finds: /"bad" was acknowledged and is not stored/,
  },
  "a completion that was undone": {
    sql: "UPDATE jobs SET status = 'PENDING' WHERE id = 'done'",
    options: { ledger: { added: [], completed: ["done"] } },
    finds: /"done" was acknowledged as completed and is PENDING/,
  },
  "more retries than are allowed": {
    sql: "UPDATE jobs SET retries = 4 WHERE id = 'bad'",
    finds: /"bad" was retried 4 times/,
  },
  "a job that is left over after a drain": {
    sql: "",
    options: { drained: true },
    finds: /"held" is still PROCESSING/,
  },
  "a count that is wrong": {
    sql: "UPDATE job_counts SET n = 7 WHERE status = 'FAILED'",
    finds: /FAILED says 7, but there are 1/,
  },
  "a lease that decreased": {
    sql: "UPDATE history SET lease = (SELECT max(lease) + 7 FROM jobs) WHERE event = 'crashed'",
    finds: /"bad" went back from lease \d+ to \d+/,
  },
  "a job that ended twice under one lease": {
    sql:
      "INSERT INTO history (seq, at, event, lease, retries) SELECT seq, at, event, lease, retries FROM history WHERE event = 'failed'",
    finds: /"bad" ended twice under lease \d+/,
  },
  "a job that ended and was reopened without a trace": {
    sql: "UPDATE jobs SET status = 'PENDING' WHERE id = 'bad'",
    options: { untouched: true },
    finds: /"bad" ended FAILED, and is PENDING but was never moved/,
  },
  "a job that ended twice, under two leases": {
    sql:
      "INSERT INTO history (seq, at, event, lease, retries) SELECT seq, at, 'exhausted', lease + 1, 0 FROM history WHERE event = 'failed'; UPDATE jobs SET status = 'PENDING' WHERE id = 'bad'; UPDATE jobs SET lease = lease + 1, status = 'UNPROCESSABLE' WHERE id = 'bad'",
    options: { untouched: true },
    finds: /"bad" was FAILED already when it was exhausted under lease \d+/,
  },
  "a job that no consumer holds, though its heartbeat looks alive": {
    sql: "",
    options: { held: { leases: [], silentSince: 0 } },
    finds: /"held" is PROCESSING, but no consumer holds it/,
  },
  "a retry that came too early": {
    sql:
      "INSERT INTO history (seq, at, event, lease, retries) SELECT seq, finished_at - 999, 'retried', lease, 1 FROM jobs WHERE id = 'done'",
    options: { retryDelaysMs: [1_000, 2_000] },
    finds: /"done" was tried again after 999 ms instead of 1000/,
  },
};

editTest("a timely retry, a resubmit and a job in flight are not problems", async () => {
  await using on = await lifelike();
  await editByHand(
    on.url,
    "INSERT INTO history (seq, at, event, lease, retries) SELECT seq, finished_at - 1000, 'retried', lease, 1 FROM jobs WHERE id = 'done'",
  );
  await on.queue.move("resubmit", ["bad"], "a test");
  const { job } = await on.queue.get("held");
  const options = { untouched: true, retryDelaysMs: [1_000], held: { leases: [job], silentSince: 0 } };
  assert.deepEqual(await verify(on.store, { ...OPTIONS, ...options }), []);
});

for (const [what, { sql, options, finds }] of Object.entries(HARMS)) {
  // How counts are kept is up to each backend.
  const test = sql === "" ? Deno.test : /job_counts/.test(sql) ? sqliteTest : editTest;
  test(`verify finds ${what}`, async () => {
    await using on = await lifelike();
    if (sql !== "") await editByHand(on.url, sql);
    const problems = await verify(on.store, { ...OPTIONS, ...options });
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", finds);
  });
}

editTest("verify finds problems on the last page too", async () => {
  await using on = await lifelike();
  await on.queue.add(Array.from({ length: 1_200 }, (_, i) => ({ id: `a${i}` })));
  assert.deepEqual(await verify(on.store, OPTIONS), []);
  await editByHand(on.url, "UPDATE jobs SET retries = 50 WHERE id = 'done'");
  assert.equal((await verify(on.store, OPTIONS)).length, 1);
});

Deno.test("the check reads a few histories at once, not those of a whole page", async () => {
  await using on = await testQueue();
  await on.queue.add(Array.from({ length: 25 }, (_, i) => ({ id: `${i}` })));
  let [asked, most] = [0, 0];
  const get: Store["get"] = async (...values) => {
    most = Math.max(most, asked += 1);
    try {
      return await on.store.get(...values);
    } finally {
      asked -= 1;
    }
  };
  const store = new Proxy(on.store, {
    get: (target, name) => {
      const value: unknown = name === "get" ? get : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  assert.deepEqual(await verify(store, OPTIONS), []);
  assert.equal(most, 10);
});

Deno.test("a queue that ran with more retries than this process would make is sound", async () => {
  await using on = await testQueue({ retryDelaysMs: [10, 10, 10, 10, 10] });
  await on.queue.add([{ id: "a" }]);
  await endUntilSettled(on, await claimNext(on.queue), { type: "threw", error: "it broke" });
  const queue = await getQueue(on.url, { role: "guest", now: on.clock });
  try {
    assert.deepEqual(await queue.check({ deep: true }), []);
  } finally {
    await queue.close();
  }
});
