/** Counts that a manual edit left wrong, while another program holds the database. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { testQueue } from "../support/queue/test_queue.ts";
import { sqliteTest } from "../support/backend.ts";

sqliteTest(
  "counts are corrected once another program frees the database, however long it was locked",
  async () => {
    await using on = await testQueue();
    await on.queue.add([{ id: "a" }]);
    using _watch = on.queue.watch();
    const other = new DatabaseSync(on.path);
    try {
      // Replacing a row by hand fires no trigger for the old one.
      other.exec("INSERT OR REPLACE INTO jobs (id) VALUES ('a'); BEGIN IMMEDIATE");
      await eventually("the recount gives up", () => probeFails(on.queue), { withinMs: 10_000 });
      assert.equal((await on.queue.stats()).counts.PENDING, 2);
    } finally {
      other.close();
    }
    await eventually("it is done", async () => (await on.queue.stats()).counts.PENDING === 1);
    await on.queue.probe();
  },
);

async function probeFails(queue: { probe(): Promise<void> }): Promise<boolean> {
  try {
    await queue.probe();
    return false;
  } catch (error) {
    assert.ok(error instanceof StorageError && error.passing, String(error));
    return true;
  }
}
