/** One of the writes that share a transaction breaks a rule of the table, so SQLite rolls all of them back. */
import assert from "node:assert/strict";
import { openSqliteStore } from "../../queue/sqlite/open_store.ts";
import type { Store } from "../../queue/store.ts";
import { add, claimOne, newJob, settlement } from "../conformance/stage.ts";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

async function onStore(story: (store: Store, path: string) => Promise<void>): Promise<void> {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  const store = await openSqliteStore(path, { role: "owner" });
  try {
    await story(store, path);
  } finally {
    await store.close();
  }
}

async function idsOf(store: Store): Promise<string[]> {
  return (await store.list({ limit: 10 })).jobs.map(({ id }) => id).sort();
}

sqliteTest("a job that the table refuses is not added, but the jobs of the same turn are", async () => {
  await onStore(async (store) => {
    const added = ["a", "", "c"].map((id) => store.insert([newJob(id)]));
    const [a, none, c] = await Promise.allSettled(added);
    assert.deepEqual([a?.status, none?.status, c?.status], ["fulfilled", "rejected", "fulfilled"]);
    assert.deepEqual(await idsOf(store), ["a", "c"]);
    const { counts } = await store.stats({ silentForMs: 0 });
    assert.equal(counts.PENDING, 2);
  });
});

sqliteTest("a completion that the table refuses does not undo another one", async () => {
  await onStore(async (store) => {
    await store.insert([newJob("a"), newJob("b")]);
    const [one, other] = [await claimOne(store), await claimOne(store)];
    const [refused, done] = await Promise.allSettled([
      store.settle([{ ...one, verb: "fail", retries: -1, error: "it broke" }]),
      store.settle([settlement("complete", other)]),
    ]);
    assert.equal(refused?.status, "rejected");
    assert.deepEqual(done, { status: "fulfilled", value: [true] });
    assert.equal((await store.get(one.id))?.job.status, "PROCESSING");
    assert.equal((await store.get(other.id))?.job.status, "COMPLETED");
  });
});

sqliteTest("a rule added by hand refuses one claim, and the adds of the same turn are stored", async () => {
  await onStore(async (store, path) => {
    await add(store, "a");
    await sqliteShell(
      path,
      `CREATE TRIGGER no_claims BEFORE UPDATE OF lease ON jobs BEGIN SELECT RAISE(ABORT, 'not today'); END;`,
    );
    const claim = store.claim([{ consumerId: "c1", limit: 2, suspect: false }]);
    const [claimed, added] = await Promise.allSettled([claim, store.insert([newJob("b")])]);
    assert.ok(claimed.status === "fulfilled" && added.status === "fulfilled");
    assert.deepEqual(claimed.value.claimed, []);
    assert.match(
      (await store.stats({ silentForMs: 0 })).warnings.join(),
      /Job "a" cannot be started.*not today/,
    );
    assert.deepEqual(await idsOf(store), ["a", "b"]);
  });
});

sqliteTest(
  "a rule added by hand that skips one job of a claim does not keep the others from being claimed",
  async () => {
    await onStore(async (store, path) => {
      await store.insert(["a", "b", "c"].map((id) => newJob(id)));
      await sqliteShell(
        path,
        `CREATE TRIGGER not_b BEFORE UPDATE OF lease ON jobs WHEN OLD.id = 'b' BEGIN SELECT RAISE(IGNORE); END;`,
      );
      const { claimed } = await store.claim([{ consumerId: "c1", limit: 3, suspect: false }]);
      assert.deepEqual(claimed.map(({ id }) => id), ["a", "c"]);
      assert.equal((await store.get("b"))?.job.status, "PENDING");
    });
  },
);

sqliteTest(
  "jobs that are added together have the numbers of their rows, whatever a hand-made trigger adds",
  async () => {
    await onStore(async (store, path) => {
      await sqliteShell(
        path,
        `CREATE TRIGGER and_after AFTER INSERT ON jobs WHEN NEW.id NOT LIKE 'after %' BEGIN
        INSERT INTO jobs (id) VALUES ('after ' || NEW.id); END;`,
      );
      const added = await store.insert(["a", "b", "c", "d", "a"].map((id) => newJob(id)));
      for (const { job } of added) assert.equal(job.seq, (await store.get(job.id))?.job.seq);
      assert.equal((await idsOf(store)).length, 8);
    });
  },
);
