/** The terminal closes after a start with `nohup`. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const NOTICED_MS = 2_000;

/** Runs `deno task` from a shell in its own session, whose terminal closes. Returns whether it keeps running. */
async function outlivesHangup(task: "start" | "supervise", before: readonly string[]): Promise<boolean> {
  await using folder = await tempFolder();
  const ops = freePort();
  const env = {
    ...{ MANAGER_PORT: String(freePort()), OPS_PORT: String(ops), CONSUMERS: "1", PRODUCER_INTERVAL_MS: "0" },
    QUEUE_URL: urlFor(`${folder.path}/queue.db`),
    FILES_DIR: `${folder.path}/files`,
    LOG_DIR: `${folder.path}/logs`,
  };
  const words = [...before, Deno.execPath(), "task", task];
  const child = new Deno.Command("setsid", {
    args: ["bash", "-c", '"$@"; exit $?', "bash", ...words],
    ...{ cwd: ROOT, env, stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
  const isUp = () => isHealthy(`http://127.0.0.1:${ops}`);
  await eventually("it is healthy", isUp, { withinMs: 20_000 });
  Deno.kill(-child.pid, "SIGHUP");
  await new Promise((resolve) => setTimeout(resolve, NOTICED_MS));
  const goesOn = await isUp();
  if (goesOn) Deno.kill(-child.pid, "SIGTERM");
  await child.status;
  await eventually("it has ended", async () => !await isUp(), { withinMs: 10_000 });
  return goesOn;
}

for (const task of ["start", "supervise"] as const) {
  Deno.test(`deno task ${task} keeps running when its terminal closes, if it was started by nohup`, async () => {
    assert.equal(await outlivesHangup(task, ["nohup"]), true);
  });
}

Deno.test("deno task start ends when its terminal closes", async () => {
  assert.equal(await outlivesHangup("start", []), false);
});
