/**
 * While one statement writes many jobs, the triggers that count each of them are disabled. The counts stay exact anyway,
 * without the recount of a start: after a kill at any step, and while others write.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore, STATUSES, type Store } from "@persistent-queue/queue";
import { newJob, settlement } from "../conformance/stage.ts";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { eventually } from "../support/eventually.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import type { Point } from "./failpoint/failpoint.ts";
import { CURRENT_SCHEMA, schemaOf } from "./upgrade/old_database.ts";
import { sqliteTest } from "../support/backend.ts";

const CHILD = new URL("./bulk_counts/child.ts", import.meta.url).pathname;
const MIGRATIONS = new URL("../../queue/sqlite/migrations/", import.meta.url);
const A_BATCH = 100;

async function dieAt(folder: TempFolder, points: readonly Point[]): Promise<void> {
  const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-prompt", "--no-check", CHILD, folder.path, JSON.stringify(points)],
    stdout: "null",
  }).output();
  assert.equal(signal, "SIGKILL", `${points.join(", ")}: ${new TextDecoder().decode(stderr)}`);
}

/** As a command sees them, which corrects nothing. */
async function assertCounted(path: string): Promise<void> {
  const store = await openStore(`sqlite:${path}`, "guest");
  assert.deepEqual(await store.check(), []);
  await store.close();
}

for (const statement of ["insertMany", "claim", "completeMany", "completeEmpty"] as const) {
  const died: Record<string, readonly Point[]> = {
    "before it": [`before ${statement}`],
    "while the triggers are disabled": [`after ${statement}`],
    "when they are enabled again": [`after ${statement}`, "after wakeCounts"],
    "when its sum is added": [`after ${statement}`, "after countTogether"],
    "once that is durable": [`after ${statement}`, "after COMMIT"],
  };
  sqliteTest(
    `kill -9 at each step around ${statement} leaves exact counts, and working triggers`,
    async () => {
      for (const points of Object.values(died)) {
        await using folder = await tempFolder();
        const path = folder.file("queue.db");
        await dieAt(folder, points);
        await assertCounted(path);
        await sqliteShell(
          path,
          "INSERT INTO jobs (id) VALUES ('by hand'); UPDATE jobs SET status = 'CANCELED'",
        );
        await assertCounted(path);
      }
    },
  );
}

sqliteTest("edits by another process in the middle of a drain are counted, each by its trigger", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const store = await openStore(`sqlite:${path}`, "owner");
  try {
    for (let i = 0; i < 50; i++) await addBatch(store, `batch ${i}`);
    let edits = 0;
    const editing = async () => {
      for (; !isDrained; edits++) await sqliteShell(path, editNumber(edits));
    };
    let isDrained = false;
    const drained = drain(store).then(() => isDrained = true);
    await Promise.all([drained, editing()]);
    assert.ok(edits > 5, `there were only ${edits} edits`);
    await assertCounted(path);
    const { counts } = await store.stats({ silentForMs: 0 });
    for (const status of STATUSES) {
      const count = await sqliteShell(path, `SELECT count(*) FROM jobs WHERE status = '${status}'`);
      assert.equal(counts[status], Number(count), status);
    }
  } finally {
    await store.close();
  }
});

async function addBatch(store: Store, name: string): Promise<void> {
  await store.insert(Array.from({ length: A_BATCH }, (_, i) => newJob(`${name}, ${i}`)));
}

/** Slow enough that others write in the meantime. */
async function drain(store: Store): Promise<void> {
  for (;;) {
    const { claimed } = await store.claim([{ consumerId: "c1", limit: A_BATCH, suspect: false }]);
    if (claimed.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.settle(claimed.map((job) => settlement("complete", job)));
  }
}

function editNumber(n: number): string {
  const some = (status: string) =>
    `SELECT seq FROM jobs WHERE status = '${status}' ORDER BY seq DESC LIMIT 7`;
  return `INSERT INTO jobs (id, run_at) VALUES ('by hand ${n}', 8000000000000);
    UPDATE jobs SET status = 'FAILED' WHERE seq IN (${some("PENDING")});
    UPDATE jobs SET status = 'CANCELED' WHERE seq IN (${some("PROCESSING")});
    DELETE FROM jobs WHERE seq IN (${some("COMPLETED")})`;
}

sqliteTest("a database of version 1.0 with a million jobs is upgraded, and counts each of them", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  makeMillion(path);
  const store = await openStore(`sqlite:${path}`, "owner");
  try {
    assert.equal(schemaOf(path), CURRENT_SCHEMA);
    for (let i = 0; i < 3; i++) await addBatch(store, `batch ${i}`);
    const { claimed } = await store.claim([{ consumerId: "c1", limit: 250, suspect: false }]);
    assert.equal((await store.settle(claimed.map((job) => settlement("complete", job)))).length, 250);
    await assertCounted(path);
    const { counts } = await store.stats({ silentForMs: 0 });
    assert.equal(Object.values(counts).reduce((sum, n) => sum + n), 1_000_300);
    assert.equal(counts.COMPLETED, 500_250);
  } finally {
    await store.close();
  }
});

/** Half of them completed, the others waiting. */
function makeMillion(path: string): void {
  using db = new DatabaseSync(path);
  for (const name of ["0001_jobs.sql", "0002_bounds.sql"]) {
    db.exec(Deno.readTextFileSync(new URL(name, MIGRATIONS)));
  }
  db.exec(`PRAGMA synchronous = OFF; PRAGMA application_id = 1347504706; PRAGMA user_version = 2; BEGIN;
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000)
    INSERT INTO jobs (id, status, created_at, updated_at)
      SELECT 'job ' || n, iif(n % 2, 'COMPLETED', 'PENDING'), n, n FROM numbers; COMMIT`);
}

sqliteTest(
  "triggers that were disabled by hand are reported, and enabled by the next edit or start",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("queue.db");
    const asleep = "INSERT INTO counts_asleep VALUES (1); INSERT INTO jobs (id) VALUES (hex(randomblob(8)))";
    const store = await openStore(`sqlite:${path}`, "owner");
    await sqliteShell(path, asleep);
    assert.match((await store.check()).join(" "), /are asleep.*The count of PENDING says 0, but there are 1/);
    {
      using _watch = store.watch(() => {});
      await sqliteShell(path, asleep.replace("INSERT INTO counts_asleep VALUES (1);", ""));
      await eventually("they wake, and all is counted", async () => (await store.check()).length === 0);
    }
    await store.close();
    await sqliteShell(path, asleep);
    const again = await openStore(`sqlite:${path}`, "owner");
    assert.deepEqual(await again.check(), []);
    assert.equal((await again.stats({ silentForMs: 0 })).counts.PENDING, 3);
    await again.close();
  },
);

sqliteTest("what a hand-made trigger writes along with many jobs is counted as well", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const store = await openStore(`sqlite:${path}`, "owner");
  try {
    await sqliteShell(
      path,
      `CREATE TRIGGER and_after AFTER INSERT ON jobs WHEN NEW.id NOT LIKE 'after %' BEGIN
        INSERT INTO jobs (id) VALUES ('after ' || NEW.id); END;`,
    );
    await addBatch(store, "a batch");
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, 2 * A_BATCH);
    await assertCounted(path);
  } finally {
    await store.close();
  }
});
