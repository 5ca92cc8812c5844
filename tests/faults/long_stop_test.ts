/** STOP_MS: what running jobs get to finish when the system is told to stop. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem, urlOf } from "../support/processes/running_system.ts";

/** Longer than the defaults of the job's time and of the whole shutdown. */
const WORK_MS = 16_000;

Deno.test("with STOP_MS=60000 a job that takes longer than the default is finished, not put back", async () => {
  await using system = await runSystem({
    command: "supervise",
    env: { WORK_MS: String(WORK_MS), STOP_MS: "60000" },
  });
  const id = await addFile(system, "long.txt");
  await eventually("a consumer works on it", async () => {
    const { consumers } = await (await system.api("stats")).json();
    return consumers.some((consumer: { job_id: string | null }) => consumer.job_id === id);
  });
  system.process.kill("SIGTERM");
  assert.equal((await system.process.status).code, 0);
  const queue = await getQueue(urlOf(system), { role: "guest" });
  const { job, history } = await queue.get(id).finally(() => queue.close());
  assert.equal(job.status, "COMPLETED", JSON.stringify(history));
});
