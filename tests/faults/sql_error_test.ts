import assert from "node:assert/strict";
import { getQueue, openStore } from "@persistent-queue/queue";
import { onSqlCalls } from "../support/damage/sql_calls.ts";
import { sqlError } from "./sql_error/sql_error.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

for (const code of [10, 11, 13]) {
  sqliteTest(
    `the log cannot be checkpointed at the stop (error ${code}): it is still closed, and nothing is lost`,
    async () => {
      await using folder = await tempFolder();
      const url = `sqlite:${folder.file("queue.db")}`;
      const fold = ({ name, how }: { name: string; how: string }) => {
        if (name === "shrinkLog" && how === "all") throw sqlError(code, how);
      };
      {
        using _ = onSqlCalls(folder.path, { before: fold });
        const queue = await getQueue(url, { role: "owner" });
        await queue.add([{ id: "a" }]);
        await queue.close();
      }
      const again = await getQueue(url, { role: "owner" });
      assert.equal((await again.get("a")).job.status, "PENDING");
      await again.close();
    },
  );
}

sqliteTest("an opening that fails at its last step leaves nothing locked behind", async () => {
  await using folder = await tempFolder();
  const url = `sqlite:${folder.file("queue.db")}`;
  const prepared = ({ name, how }: { name: string; how: string }) => {
    if (name === "ROLLBACK" && how === "prepare") throw sqlError(7, how);
  };
  {
    using _ = onSqlCalls(folder.path, { before: prepared });
    await assert.rejects(openStore(url, "owner"), /out of memory/);
  }
  const store = await openStore(url, "owner");
  await store.close();
});
