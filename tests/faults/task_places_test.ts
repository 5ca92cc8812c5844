import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Runs `deno task` until the system is healthy, then stops it. Returns what it printed as an error. */
async function startTask(
  { task, deno, env }: { task: "start" | "supervise"; deno: string; env: Readonly<Record<string, string>> },
): Promise<string> {
  await using folder = await tempFolder();
  const ops = freePort();
  const settings = {
    ...{ MANAGER_PORT: String(freePort()), OPS_PORT: String(ops), CONSUMERS: "1", PRODUCER_INTERVAL_MS: "0" },
    QUEUE_URL: urlFor(`${folder.path}/queue.db`),
    FILES_DIR: folder.file("files"),
    LOG_DIR: folder.file("logs"),
  };
  const child = new Deno.Command(deno, {
    args: ["task", task],
    ...{ cwd: ROOT, env: { ...settings, ...env }, stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const words = new Response(child.stderr).text();
  await eventually("it is healthy", () => isHealthy(`http://127.0.0.1:${ops}`), { withinMs: 20_000 });
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  return await words;
}

for (const name of ["Jane Doe", "Doe, Jane"]) {
  Deno.test(`deno task start works if Deno is in a folder named "${name}"`, async () => {
    await using folder = await tempFolder();
    const bin = folder.file(name);
    await Deno.mkdir(bin);
    await Deno.copyFile(Deno.execPath(), `${bin}/deno`);
    await startTask({ task: "start", deno: `${bin}/deno`, env: { PATH: `${bin}:${Deno.env.get("PATH")}` } });
  });
}

for (const task of ["start", "supervise"] as const) {
  Deno.test(`deno task ${task} works where LD_LIBRARY_PATH is set, as by conda and CUDA`, async () => {
    const env = { LD_LIBRARY_PATH: "/usr/local/lib" };
    const words = await startTask({ task, deno: Deno.execPath(), env });
    assert.match(words, /^Warning: LD_LIBRARY_PATH has no effect on the system and its handlers/m);
  });
}
