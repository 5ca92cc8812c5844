/** What may happen to the files of the database, and which processes may open them together. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { getQueue, openStore, StorageError } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { spawnSystem } from "../support/processes/running_system.ts";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { testQueue } from "../support/queue/test_queue.ts";
import { sqliteTest } from "../support/backend.ts";

sqliteTest(
  "the log beside the database is deleted while the system runs: it is noticed, and a clean stop saves everything",
  async () => {
    await using folder = await tempFolder();
    const url = `sqlite:${folder.file("queue.db")}`;
    const queue = await getQueue(url, { role: "owner" });
    await queue.add([{ id: "before" }]);
    await queue.probe();
    Deno.removeSync(folder.file("queue.db-wal"));
    await queue.add([{ id: "after" }]);
    await assert.rejects(queue.probe(), (error) => error instanceof StorageError && !error.passing);
    await queue.close();
    const again = await getQueue(url, { role: "owner" });
    assert.equal((await again.get("before")).job.id, "before");
    assert.equal((await again.get("after")).job.id, "after");
    await again.close();
  },
);

sqliteTest("a deleted lock file is noticed, because a second supervisor could start", async () => {
  await using folder = await tempFolder();
  const queue = await getQueue(`sqlite:${folder.file("queue.db")}`, { role: "owner" });
  await queue.probe();
  Deno.removeSync(folder.file("queue.db.lock"));
  await assert.rejects(queue.probe(), /queue\.db\.lock was deleted, replaced/);
  await queue.close();
});

sqliteTest("a database that is gone while its log exists is not created again", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const queue = await getQueue(`sqlite:${path}`, { role: "owner" });
  await queue.add([{ id: "a" }]);
  Deno.copyFileSync(`${path}-wal`, folder.file("kept"));
  await queue.close();
  Deno.removeSync(path);
  Deno.copyFileSync(folder.file("kept"), `${path}-wal`);
  for (const role of ["owner", "guest"] as const) {
    await assert.rejects(getQueue(`sqlite:${path}`, { role }), /is gone, but its log .*restore a backup/);
  }
});

sqliteTest(
  "a second name of a database in use is refused: its log would be elsewhere, and jobs be lost",
  async () => {
    await using folder = await tempFolder();
    const [path, link] = [folder.file("queue.db"), folder.file("link.db")];
    const first = await getQueue(`sqlite:${path}`, { role: "owner" });
    await first.add([{ id: "a" }]);
    await Deno.link(path, link);
    await assert.rejects(
      getQueue(`sqlite:${link}`, { role: "owner" }),
      /in use by another supervisor under another/,
    );
    await first.add([{ id: "b" }]);
    await first.close();
    const second = await getQueue(`sqlite:${link}`, { role: "owner" });
    const { counts } = await second.stats();
    await second.close();
    assert.equal(counts.PENDING, 2);
  },
);

sqliteTest("a symbolic link in place of the database is refused: its locks would be elsewhere", async () => {
  await using folder = await tempFolder();
  await (await getQueue(`sqlite:${folder.file("queue.db")}`, { role: "owner" })).close();
  Deno.symlinkSync(folder.file("queue.db"), folder.file("link.db"));
  await assert.rejects(getQueue(`sqlite:${folder.file("link.db")}`, { role: "owner" }), /symbolic link/);
});

sqliteTest("a command at the moment of the first start disturbs nothing", async () => {
  for (let i = 0; i < 12; i++) {
    await using folder = await tempFolder();
    const url = `sqlite:${folder.file("queue.db")}`;
    const guest = new Promise((resolve) => setTimeout(resolve, i % 4)).then(() =>
      getQueue(url, { role: "guest" })
    );
    const [owner, beside] = await Promise.all([getQueue(url, { role: "owner" }), guest]);
    await beside.add([{ id: "a" }]);
    assert.equal((await owner.get("a")).job.id, "a");
    await owner.probe();
    await beside.close();
    await owner.close();
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
      "queue.db",
      "queue.db.lock",
      "queue.db.reserve",
    ]);
  }
});

sqliteTest("the start waits for another program's transaction", async () => {
  await using folder = await tempFolder();
  Deno.mkdirSync(folder.file("data"));
  const path = folder.file("data/queue.db");
  await (await getQueue(`sqlite:${path}`, { role: "owner" })).close();
  using db = new DatabaseSync(path);
  db.exec("BEGIN IMMEDIATE; UPDATE job_counts SET n = n");
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const child = spawnSystem({ folder: folder.path, command: "supervise", env: ports });
  const health = async () => {
    const response = await fetch(`http://127.0.0.1:${ports.OPS_PORT}/healthz`);
    await response.body?.cancel();
    return response.status;
  };
  await eventually("it waits, and says so", async () => await health().catch(() => 0) === 503, {
    withinMs: 20_000,
  });
  db.exec("COMMIT");
  await eventually("it works", async () => await health() === 200, { withinMs: 20_000 });
  child.kill("SIGHUP");
  const { code } = await child.output();
  assert.equal(code, 0, "a terminal that closes stops it cleanly");
});

sqliteTest(
  "a backup onto the live database or its files is refused, and the system keeps running",
  async () => {
    await using on = await testQueue();
    await on.queue.add([{ id: "a" }]);
    for (const suffix of ["", "-wal", ".lock"]) {
      await assert.rejects(on.queue.backup(on.path + suffix), /belongs to the live database/);
    }
    await on.queue.probe();
    assert.equal((await on.queue.get("a")).job.id, "a");
  },
);

sqliteTest("counts that a manual INSERT OR REPLACE left wrong are right after the next start", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const queue = await getQueue(`sqlite:${path}`, { role: "owner" });
  await queue.add([{ id: "a" }]);
  await sqliteShell(path, "INSERT OR REPLACE INTO jobs (id) VALUES ('a')");
  assert.equal((await queue.stats()).counts.PENDING, 2);
  await queue.close();
  const again = await getQueue(`sqlite:${path}`, { role: "owner" });
  assert.equal((await again.stats()).counts.PENDING, 1);
  assert.deepEqual(await again.check({ deep: true }), []);
  await again.close();
});

for (
  const column of ["run_at", "retries", "crashes", "lease", "last_heartbeat", "created_at", "updated_at"]
) {
  sqliteTest(`a number that no program can read back is refused in ${column}`, async () => {
    await using on = await testQueue();
    await on.queue.add([{ id: "a" }, { id: "b" }]);
    const edit = sqliteShell(on.path, `UPDATE jobs SET ${column} = 9223372036854775807 WHERE id = 'a'`);
    await assert.rejects(edit, /CHECK constraint failed/);
    assert.equal((await on.queue.claim([{ consumerId: "c", limit: 2, suspect: false }])).claimed.length, 2);
  });
}

sqliteTest(
  "a database of the first schema is upgraded: all jobs stay, odd numbers are brought within bounds",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("queue.db");
    using db = new DatabaseSync(path);
    db.exec(Deno.readTextFileSync(new URL("../../queue/sqlite/migrations/0001_jobs.sql", import.meta.url)));
    db.exec("PRAGMA application_id = 1347504706; PRAGMA user_version = 1");
    db.exec(
      `INSERT INTO jobs (id, status, retries) VALUES ('a', 'FAILED', 2), ('b', 'PENDING', 0), ('gone', 'PENDING', 0);
    UPDATE jobs SET run_at = 9223372036854775807, created_at = -5 WHERE id = 'b';
    DELETE FROM jobs WHERE id = 'gone';
    CREATE VIEW mine AS SELECT id FROM jobs;
    CREATE TABLE notes (seq REFERENCES jobs (seq)); INSERT INTO notes VALUES (1)`,
    );
    db.close();
    await assert.rejects(openStore(`sqlite:${path}`, "guest"), /older release .*start the system once/);
    const queue = await getQueue(`sqlite:${path}`, { role: "owner" });
    const { job } = await queue.get("a");
    assert.deepEqual([job.status, job.retries], ["FAILED", 2]);
    const b = (await queue.get("b")).job;
    assert.deepEqual([b.runAt, b.createdAt], [8_640_000_000_000_000, 0]);
    const [added] = await queue.add([{ id: "new" }]);
    assert.equal(added?.job.seq, 4, "a number is never used twice");
    assert.deepEqual(await queue.check({ deep: true }), []);
    await queue.close();
  },
);

sqliteTest("a list of running jobs does not read large values, like all lists", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a", payload: "x".repeat(100_000) }]);
  await on.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  const { jobs: [job] } = await on.queue.list({ status: "PROCESSING" });
  assert.deepEqual([job?.payload, job?.leftOut], ["null", ["payload"]]);
});

sqliteTest("a page that is exactly full and the last one has no next page", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b", "c", "d"].map((id) => ({ id })));
  const first = await on.queue.list({ limit: 2 });
  const second = await on.queue.list({ limit: 2, cursor: String(first.next) });
  assert.deepEqual([second.jobs.map(({ id }) => id), second.next], [["b", "a"], null]);
});

sqliteTest("an id that cannot be added, inserted by hand, can be shown and moved", async () => {
  await using on = await testQueue();
  await sqliteShell(on.path, "INSERT INTO jobs (id) VALUES ('a' || char(10) || 'b'), ('plain')");
  assert.equal((await on.queue.get("a\nb")).job.status, "PENDING");
  assert.equal(await on.queue.moveAll("cancel", {}, { by: "a test" }), 2);
});

sqliteTest(
  "a large database is checked during work: the start does not wait, and damage still ends the process",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("queue.db");
    const large = await getQueue(`sqlite:${path}`, { role: "owner" });
    const payload = "x".repeat(1_000_000);
    for (let i = 0; i < 70; i++) await large.add([{ id: `a${i}`, payload }]);
    await large.close();
    const sound = await getQueue(`sqlite:${path}`, { role: "owner" });
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await sound.probe();
    await sound.close();
    const file = Deno.openSync(path, { write: true });
    file.seekSync(Deno.statSync(path).size - 3 * 4096, Deno.SeekMode.Start);
    file.writeSync(new Uint8Array(2 * 4096).fill(7));
    file.close();
    const damaged = await getQueue(`sqlite:${path}`, { role: "owner" });
    const isLost = () => damaged.probe().then(() => null, (error) => String(error));
    const words = await eventually("the damage is found", isLost, { withinMs: 20_000 });
    assert.match(words, /damaged.*Restore a backup/);
    await damaged.close();
  },
);

sqliteTest(
  "jobs that are replaced again and again do not keep old jobs after them from being pruned",
  async () => {
    await using on = await testQueue({ retentionMs: 1_000 });
    const ids = Array.from({ length: 250 }, (_, i) => ({ id: `again${i}`, replace: true }));
    const finish = async () => {
      const { claimed } = await on.queue.claim([{ consumerId: "c", limit: 1_000, suspect: false }]);
      await on.queue.settle(claimed.map((job) => ({ job, outcome: { type: "returned", result: null } })));
    };
    await on.queue.add(ids);
    await on.queue.add(Array.from({ length: 50 }, (_, i) => ({ id: `once${i}` })));
    await finish();
    on.clock.pass(2_000);
    await on.queue.add(ids);
    await finish();
    assert.equal(await on.queue.prune(), 50);
  },
);
