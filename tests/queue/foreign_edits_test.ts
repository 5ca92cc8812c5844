/** People edit the database by hand while the system runs. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { STATUSES } from "@persistent-queue/queue";
import { editTest, sqliteTest } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { GroupCommit } from "../../queue/sqlite/group_commit.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { START, type TestQueue, testQueue } from "../support/queue/test_queue.ts";

/** Fails unless the stored counts match the rows. */
async function assertCounted({ queue, url }: TestQueue): Promise<void> {
  const { counts } = await queue.stats();
  for (const status of STATUSES) {
    assert.equal(
      counts[status],
      Number(await editByHand(url, `SELECT count(*) FROM jobs WHERE status = '${status}'`)),
    );
  }
}

function changesIn({ events }: TestQueue): number {
  return events.filter((event) => event.type === "changed-outside").length;
}

editTest("a manual edit is noticed, shown and counted", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "data/files/abc123.txt" }, { id: "other" }]);
  using _watch = on.queue.watch();
  const before = on.queue.revision;
  await editByHand(on.url, "UPDATE jobs SET status='FAILED', retries=1 WHERE id='data/files/abc123.txt';");
  await eventually("it is noticed", () => changesIn(on) > 0);
  assert.ok(on.queue.revision > before);
  const { job } = await on.queue.get("data/files/abc123.txt");
  assert.deepEqual([job.status, job.retries], ["FAILED", 1]);
  assert.deepEqual((await on.queue.list({ status: "FAILED" })).jobs, [job]);
  await assertCounted(on);
  assert.equal((await claimNext(on.queue)).id, "other");
});

editTest("no outside change is reported while no other program writes", async () => {
  await using on = await testQueue();
  using _watch = on.queue.watch();
  await on.queue.add([{ id: "a" }]);
  await editByHand(on.url, "SELECT count(*) FROM jobs");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(changesIn(on), 0);
});

sqliteTest(
  "counts that two consecutive manual edits leave wrong are corrected, and the pages are told",
  async () => {
    await using on = await testQueue();
    await on.queue.add([{ id: "a" }]);
    using _watch = on.queue.watch();
    const countsWhenTold: number[] = [];
    on.queue.subscribe(async (event) => {
      if (event.type === "changed-outside") countsWhenTold.push((await on.queue.stats()).counts.PENDING);
    });
    for (let edits = 1; edits <= 2; edits++) {
      // Replacing a row by hand fires no trigger for the old one.
      await editByHand(on.url, "INSERT OR REPLACE INTO jobs (id) VALUES ('a')");
      await eventually("it is noticed", () => countsWhenTold.length >= edits);
    }
    await eventually("the count is right when the pages are told last", () => countsWhenTold.at(-1) === 1);
    await assertCounted(on);
  },
);

editTest(
  "jobs that are added, moved and deleted by hand stay counted, and the queue processes them",
  async () => {
    await using on = await testQueue();
    await on.queue.add([{ id: "a" }, { id: "b" }]);
    await editByHand(
      on.url,
      `INSERT INTO jobs (id, kind, run_at, created_at, updated_at) VALUES ('by hand', 'file', 0, 0, 0);
     UPDATE jobs SET status = 'CANCELED' WHERE id = 'a';
     DELETE FROM jobs WHERE id = 'b';`,
    );
    await assertCounted(on);
    const job = await claimNext(on.queue);
    assert.deepEqual([job.id, job.payload], ["by hand", "null"]);
    assert.deepEqual(await end(on.queue, job, { type: "returned", result: null }), { type: "stored" });
    await assertCounted(on);
    assert.deepEqual(await on.queue.check({ deep: true }), []);
  },
);

editTest("a job that is inserted by hand with only its id waits, and is processed", async () => {
  await using on = await testQueue();
  const before = Date.now() - 1_000;
  await editByHand(on.url, "INSERT INTO jobs (id) VALUES ('data/files/by-hand.txt')");
  const { job } = await on.queue.get("data/files/by-hand.txt");
  assert.deepEqual([job.status, job.kind, job.payload], ["PENDING", "file", "null"]);
  assert.ok(job.createdAt >= before && job.createdAt <= Date.now() + 1_000);
  assert.equal((await claimNext(on.queue)).id, "data/files/by-hand.txt");
  await assertCounted(on);
});

editTest("a job that is inserted by hand without a time to run has not waited since 1970", async () => {
  await using on = await testQueue();
  await editByHand(on.url, `INSERT INTO jobs (id, created_at) VALUES ('a', ${START - 1_500})`);
  assert.equal((await on.queue.get("a")).job.runAt, 0);
  assert.equal((await on.queue.stats()).ageMs, 1_500);
});

editTest("every status can be set by hand, from every other, and is shown as it is", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  for (const from of STATUSES) {
    for (const to of STATUSES) {
      await editByHand(on.url, `UPDATE jobs SET status='${from}'; UPDATE jobs SET status='${to}';`);
      assert.equal((await on.queue.get("a")).job.status, to);
      assert.deepEqual((await on.queue.list({ status: to })).jobs.map((job) => job.id), ["a"]);
      assert.equal((await on.queue.stats()).counts[to], 1);
    }
  }
  await assertCounted(on);
});

editTest("a job that was set to PROCESSING by hand has no holder, and the sweep releases it", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  await editByHand(on.url, "UPDATE jobs SET status='PROCESSING' WHERE id='a'");
  assert.equal((await on.queue.list({ status: "PROCESSING" })).jobs.length, 1);
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 1);
  assert.equal((await claimNext(on.queue)).id, "a");
});

editTest("a worker whose job was set to another status by hand loses it", async () => {
  await using on = await testQueue();
  for (const status of STATUSES.filter((one) => one !== "PROCESSING")) {
    await on.queue.add([{ id: status, priority: 100 }]);
    const held = await claimNext(on.queue);
    await editByHand(on.url, `UPDATE jobs SET status='${status}' WHERE id='${status}'`);
    assert.deepEqual(await on.queue.renew([held]), [false]);
    assert.deepEqual(await end(on.queue, held, { type: "returned", result: null }), { type: "lost" });
    assert.equal((await on.queue.get(status)).job.status, status);
    await on.queue.move("cancel", [status], "test");
  }
});

editTest(
  "a job that was finished by hand can be resubmitted, replaced and pruned like any other",
  async () => {
    await using on = await testQueue({ retentionMs: 1_000 });
    await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
    await editByHand(on.url, "UPDATE jobs SET status='FAILED'");
    assert.equal((await on.queue.move("resubmit", ["a"], "test"))[0]?.ok, true);
    assert.equal((await on.queue.add([{ id: "b", replace: true }]))[0]?.outcome, "replaced");
    on.clock.pass(2_000);
    assert.equal(await on.queue.prune(), 1);
    await assert.rejects(on.queue.get("c"));
    await assertCounted(on);
  },
);

sqliteTest("a manual edit that makes no sense is refused by the database itself", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const before = await on.queue.get("a");
  const nonsense = [
    "UPDATE jobs SET status = 'DONE'",
    "UPDATE jobs SET status = 'failed'",
    "UPDATE jobs SET status = NULL",
    "UPDATE jobs SET retries = -1",
    "UPDATE jobs SET retries = 'many'",
    "UPDATE jobs SET id = ''",
    "UPDATE jobs SET priority = 1000",
    "UPDATE jobs SET payload = '{'",
    "INSERT INTO jobs (id, kind, run_at, created_at, updated_at) VALUES ('a', 'file', 0, 0, 0)",
  ];
  for (const sql of nonsense) {
    await assert.rejects(editByHand(on.url, sql), /constraint|cannot store/i, sql);
  }
  assert.deepEqual(await on.queue.get("a"), before);
  await assertCounted(on);
});

sqliteTest("a write waits while another program holds the database; reads still work", async () => {
  await using on = await testQueue();
  const other = new DatabaseSync(on.path);
  try {
    other.exec("BEGIN IMMEDIATE");
    let stored = false;
    const adding = on.queue.add([{ id: "a" }]).then(() => stored = true);
    for (let reads = 0; reads < 20; reads++) {
      assert.equal((await on.queue.stats()).counts.PENDING, 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal(stored, false);
    other.exec("COMMIT");
    await adding;
  } finally {
    other.close();
  }
  assert.equal((await on.queue.get("a")).job.status, "PENDING");
  assert.equal(on.queue.trouble, null);
});

sqliteTest("a claim waits for another program's transaction, and does not miss what it commits", async () => {
  await using on = await testQueue();
  const other = new DatabaseSync(on.path);
  try {
    other.exec("BEGIN IMMEDIATE");
    other.exec(
      "INSERT INTO jobs (id, kind, run_at, created_at, updated_at) VALUES ('by hand', 'file', 0, 0, 0)",
    );
    const claiming = claimNext(on.queue);
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.exec("COMMIT");
    assert.equal((await claiming).id, "by hand");
  } finally {
    other.close();
  }
});

sqliteTest(
  "the rows that a write has read stay current until it commits: no other connection can start to write",
  async () => {
    await using folder = await tempFolder();
    const [ours, theirs] = [
      new DatabaseSync(folder.file("queue.db")),
      new DatabaseSync(folder.file("queue.db")),
    ];
    ours.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (x INTEGER)");
    const commits = new GroupCommit(ours, { onFull: () => {}, makeRoom: () => false, onFault: () => {} });
    try {
      await commits.write(() => {
        assert.equal(ours.prepare("SELECT count(*) AS n FROM t").get()?.["n"], 0);
        assert.throws(() => theirs.exec("BEGIN IMMEDIATE"), /locked/);
      });
      theirs.exec("BEGIN IMMEDIATE; ROLLBACK");
    } finally {
      commits.close();
      ours.close();
      theirs.close();
    }
  },
);
