import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../queue/get_queue.ts";
import { sleep } from "../../queue/basics/time.ts";
import { newJob } from "../conformance/stage.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

sqliteTest(
  "a claim that waited for another program's lock has a heartbeat as recent as its write",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("queue.db");
    const store = await openStore(`sqlite:${path}`, "owner");
    try {
      await store.insert([newJob("a")]);
      using other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      const claim = store.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
      await sleep(300);
      const releasedAt = Date.now();
      other.exec("COMMIT");
      assert.equal((await claim).claimed.length, 1);
      const { lastHeartbeat } = (await store.get("a"))?.job ?? {};
      assert.ok(Number(lastHeartbeat) >= releasedAt, `${lastHeartbeat} is before ${releasedAt}`);
    } finally {
      await store.close();
    }
  },
);
