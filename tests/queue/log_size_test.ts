/** A write-ahead log that has grown. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

const AS_SQLITE_LEAVES_IT = 64 * 2 ** 20;

sqliteTest(
  "a log that SQLite itself had cut down to its limit stayed at 64 MB for good: the next sweep shrinks it",
  async () => {
    await using folder = await tempFolder();
    const store = await openStore(`sqlite:${folder.file("queue.db")}`, "owner");
    const log = folder.file("queue.db-wal");
    try {
      await store.prune({ olderThanMs: 0, limit: 1, after: 0 });
      Deno.truncateSync(log, AS_SQLITE_LEAVES_IT);
      await store.prune({ olderThanMs: 0, limit: 1, after: 0 });
      assert.equal(Deno.statSync(log).size, 0);
    } finally {
      await store.close();
    }
  },
);
