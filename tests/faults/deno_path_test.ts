import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

for (const name of ["Jane Doe", "Doe, Jane"]) {
  Deno.test(`deno task start works if Deno is in a folder named "${name}"`, async () => {
    await using folder = await tempFolder();
    const bin = folder.file(name);
    await Deno.mkdir(bin);
    await Deno.copyFile(Deno.execPath(), `${bin}/deno`);
    const ops = freePort();
    const env = {
      ...{
        MANAGER_PORT: String(freePort()),
        OPS_PORT: String(ops),
        CONSUMERS: "1",
        PRODUCER_INTERVAL_MS: "0",
      },
      QUEUE_URL: urlFor(`${folder.path}/queue.db`),
      FILES_DIR: folder.file("files"),
      LOG_DIR: folder.file("logs"),
      PATH: `${bin}:${Deno.env.get("PATH")}`,
    };
    const child = new Deno.Command(`${bin}/deno`, {
      args: ["task", "start"],
      ...{ cwd: ROOT, env, stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    await eventually("it is healthy", () => isHealthy(`http://127.0.0.1:${ops}`), { withinMs: 20_000 });
    child.kill("SIGTERM");
    assert.equal((await child.status).code, 0);
  });
}
