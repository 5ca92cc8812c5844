/** A stop while another program holds SQLite's write lock, for as long as the stop takes or longer. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem } from "../support/processes/running_system.ts";
import { storedJob } from "../support/processes/stored_job.ts";
import { tempFolder } from "../support/temp_folder.ts";

/** The time that the manual gives systemd and Docker. */
const AT_MOST_MS = 15_000;

Deno.test({
  name: "a stop while another program holds the write lock charges no job, and a death after it does",
  ignore: BACKEND !== "sqlite",
  fn: async () => {
    await using folder = await tempFolder();
    const options = { command: "supervise", folder: folder.path } as const;
    const env = { CONSUMERS: "2", WORK_MS: "60000", STALL_MS: "30000" };
    let id: string;
    {
      await using system = await runSystem({ ...options, env });
      id = await addFile(system, "in hand.txt");
      await system.until(id, "PROCESSING");
      using other = new DatabaseSync(folder.file("data/queue.db"), { timeout: 2_000 });
      other.exec("BEGIN IMMEDIATE");
      const began = performance.now();
      system.process.kill("SIGTERM");
      assert.equal((await system.process.status).code, 0, system.lines.join("\n"));
      const ms = Math.round(performance.now() - began);
      assert.ok(ms < AT_MOST_MS, `it was gone after ${ms} ms only`);
      assert.equal(statusIn(other, id), "PROCESSING", "nothing could be stored");
      other.exec("ROLLBACK");
    }
    {
      await using system = await runSystem({ ...options, env });
      await eventually("it runs again", async () => (await storedJob(system, id)).lease > 1);
      assert.deepEqual(await storedJob(system, id), { status: "PROCESSING", crashes: 0, lease: 2 });
      assert.ok(system.lines.every((line) => !/died/.test(line)), system.lines.join("\n"));
      Deno.kill(system.supervisorPid(), "SIGKILL");
      await system.process.status;
    }
    await using system = await runSystem({ ...options, env: { ...env, WORK_MS: "0" } });
    await system.until(id, "COMPLETED");
    assert.deepEqual(await storedJob(system, id), { status: "COMPLETED", crashes: 1, lease: 3 });
  },
});

function statusIn(db: DatabaseSync, id: string): unknown {
  return db.prepare("SELECT status FROM jobs WHERE id = ?").get(id)?.status;
}
