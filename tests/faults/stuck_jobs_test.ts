/** Jobs that once stayed stuck for ever, each because of a bug that is now fixed. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";
import { editTest, sqliteTest } from "../support/backend.ts";

const LATER = 8_000_000_000_000;

function byHand({ settings }: TestSystem): DatabaseSync {
  return new DatabaseSync(settings.queueUrl.slice("sqlite:".length), { timeout: 2_000 });
}

Deno.test("a handler that asks for a delay of half a millisecond harms neither its job nor others", async () => {
  await using system = await testSystem({ CONSUMERS: "1" });
  const noops = Array.from({ length: 500 }, (_, i) => ({ id: `noop${i}`, kind: "noop" }));
  await system.queue.add([...noops, { id: "jitter", kind: "odd", payload: "jitter" }]);
  await eventually("all are completed", async () => (await system.queue.stats()).counts.COMPLETED === 501);
  const { history } = await system.queue.get("jitter");
  assert.deepEqual(history.map(({ event }) => event), ["postponed"]);
});

editTest(
  "a completed job that is set to PROCESSING by hand is found by the sweep, though its consumer lives",
  async () => {
    await using system = await testSystem({ CONSUMERS: "1" });
    await system.queue.add([{ id: "j", kind: "noop" }]);
    await system.until("j", ({ status }) => status === "COMPLETED");
    const edit = "UPDATE jobs SET status = 'PROCESSING', last_heartbeat = 1 WHERE id = 'j'";
    await editByHand(system.settings.queueUrl, edit);
    await system.until("j", ({ status, lease }) => status === "COMPLETED" && lease > 1);
  },
);

sqliteTest(
  "tables are missing for a while: the storage reports it, and the job that ended meanwhile is stored",
  async () => {
    await using system = await testSystem({ CONSUMERS: "1" });
    await system.queue.add([{ id: "j", kind: "wait", payload: 300 }]);
    await system.until("j", ({ status }) => status === "PROCESSING");
    using db = byHand(system);
    db.exec("ALTER TABLE history RENAME TO h2; ALTER TABLE jobs RENAME TO jobs2");
    await eventually("the trouble is reported", () => system.queue.trouble !== null);
    assert.match(system.queue.trouble ?? "", /not as this system made it/);
    db.exec("ALTER TABLE jobs2 RENAME TO jobs; ALTER TABLE h2 RENAME TO history");
    await system.until("j", ({ status }) => status === "COMPLETED");
    await eventually("it works again", () => system.queue.trouble === null);
    assert.deepEqual(system.fatal, []);
  },
);

Deno.test("finished jobs are stored while the next job of their consumer is still running", async () => {
  await using system = await testSystem({ CONSUMERS: "1" });
  const noops = (name: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({ id: `${name}${i}`, kind: "noop" }));
  await system.queue.add(noops("warm", 500));
  await eventually("it is warm", async () => (await system.queue.stats()).counts.COMPLETED === 500);
  await system.queue.add([...noops("fast", 4), { id: "slow", kind: "wait", payload: 3_000 }]);
  await system.until("fast3", ({ status }) => status === "COMPLETED");
  assert.notEqual((await system.queue.get("slow")).job.status, "COMPLETED");
});

Deno.test("a retry that is due does not wait behind a long job while other consumers are idle", async () => {
  await using system = await testSystem({ CONSUMERS: "2", RETRY_DELAYS_MS: "300" });
  await system.queue.add([{ id: "hold", kind: "wait", payload: 200 }]);
  await system.until("hold", ({ status }) => status === "PROCESSING");
  await system.queue.add([{ id: "retry", kind: "fail", payload: 1 }]);
  await system.until("retry", ({ retries }) => retries === 1);
  await system.queue.add([{ id: "long", kind: "wait", payload: 60_000 }]);
  await system.until("retry", ({ status }) => status === "COMPLETED");
  assert.equal((await system.queue.get("long")).job.status, "PROCESSING");
});

Deno.test("a retry that is due keeps its place before a backlog while every consumer is busy", async () => {
  await using system = await testSystem({ CONSUMERS: "2", RETRY_DELAYS_MS: "100,100,100" });
  await system.queue.add([{ id: "retry", kind: "fail", payload: 9 }]);
  await system.queue.add(Array.from({ length: 60 }, (_, i) => ({ id: `w${i}`, kind: "wait", payload: 150 })));
  await system.until("retry", ({ status }) => status === "UNPROCESSABLE");
  assert.ok((await system.queue.stats()).counts.PENDING > 20, "most of the backlog still waits");
});

editTest(
  "two quarantined jobs never run at once, also when one of them comes back for its retry",
  async () => {
    await using system = await testSystem({ CONSUMERS: "2", RETRY_DELAYS_MS: "200,200,200" });
    await system.queue.add([
      { id: "s1", kind: "fail", payload: 1, runAt: LATER },
      { id: "s2", kind: "wait", payload: 600, runAt: LATER + 50 },
    ]);
    const soon = `run_at = run_at - ${LATER} + ${Date.now() + 300}`;
    await editByHand(system.settings.queueUrl, `UPDATE jobs SET suspect = 1, crashes = 1, ${soon}`);
    const together: string[][] = [];
    const look = setInterval(() => {
      const busy = system.supervisor.view().consumers.flatMap(({ jobId }) => jobId ?? []);
      if (busy.length > 1) together.push(busy);
    }, 5);
    await system.until("s1", ({ status }) => status === "COMPLETED");
    await system.until("s2", ({ status }) => status === "COMPLETED");
    clearInterval(look);
    assert.deepEqual(together, []);
  },
);

// On SQLite both are one turn. On a server a consumer may claim it in between.
sqliteTest("a job that is canceled at the moment it is added never runs", async () => {
  await using system = await testSystem({ CONSUMERS: "2" });
  await system.queue.add([{ id: "warm", kind: "noop" }]);
  await system.until("warm", ({ status }) => status === "COMPLETED");
  for (let i = 0; i < 20; i++) {
    const added = system.queue.add([{ id: `c${i}`, kind: "odd", payload: i }]);
    const [canceled] = await system.queue.move("cancel", [`c${i}`], "a test");
    await added;
    assert.ok(canceled?.ok);
  }
  await system.queue.add([{ id: "last", kind: "odd", payload: "last" }]);
  await system.until("last", ({ status }) => status === "COMPLETED");
  await eventually(
    "the log is written",
    () => system.logLines("consumer_").some((line) => line.endsWith("ran last")),
  );
  assert.deepEqual(system.logLines("consumer_").filter((line) => /ran \d/.test(line)), []);
});

sqliteTest("a clean stop while the database is locked leaves nothing claimed", async () => {
  const system = await testSystem({ CONSUMERS: "2" });
  const db = byHand(system);
  db.exec("BEGIN IMMEDIATE");
  const added = system.queue.add([{ id: "j", kind: "noop" }]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stopped = system.supervisor.stop({ patienceMs: 200 });
  await new Promise((resolve) => setTimeout(resolve, 600));
  db.exec("COMMIT");
  await stopped;
  await added;
  await system.queue.close();
  db.close();
  const store = await openStore(system.settings.queueUrl, "owner");
  const found = await store.get("j");
  await store.close();
  await system.stop();
  assert.ok(found?.job.status === "PENDING" || found?.job.status === "COMPLETED", found?.job.status);
  assert.equal(found.job.crashes, 0);
});

const UNTELLABLE = [
  ...[
    "message-object",
    "no-prototype",
    "revoked-proxy",
    "trapping-proxy",
    "logged-proxies",
    "proxies-inside",
  ],
  ...["later-trapped", "patched-texts"],
];
for (const payload of UNTELLABLE) {
  Deno.test(`a handler that throws an error that cannot be described (${payload}) fails its job, and harms no other`, async () => {
    // A thread that waits for CPU time must not look stalled: the first error takes a while to describe.
    await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "10", STALL_MS: "30000" });
    await system.queue.add([{ id: "odd", kind: "odd", payload }]);
    const job = await system.until("odd", ({ status }) => status === "UNPROCESSABLE");
    assert.deepEqual([job.retries, job.crashes], [1, 0]);
  });
}
