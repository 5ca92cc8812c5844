/** HOST as a name, under the guard, which has to grant the address that it resolves to. */
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { lookup } from "node:dns/promises";
import { isLoopbackAddress } from "../../queue/basics/loopback.ts";
import { runSystem } from "../support/processes/running_system.ts";

const PASSWORD = "a password of our own";

async function statusOf(url: string, host: string): Promise<number> {
  const { hostname: address, port } = new URL(url);
  const response = await fetch(`http://${address}:${port}/login`, { headers: { host } });
  await response.body?.cancel();
  return response.status;
}

for (const HOST of ["localhost", "queue.localhost", "127.1"]) {
  Deno.test(`HOST=${HOST} starts, and responds on localhost and its address`, async () => {
    await using system = await runSystem({ env: { HOST, MANAGER_PASSWORD: PASSWORD } });
    const { port } = new URL(system.manager);
    for (const name of [HOST, "localhost", "127.0.0.1"]) {
      assert.equal(await statusOf(system.manager, `${name}:${port}`), 200, name);
    }
    assert.ok(system.lines.some((line) => line.startsWith(`Manager http://${HOST}:${port}`)));
    assert.equal(system.lines.some((line) => /starting it again|NotCapable/.test(line)), false);
  });
}

const own = await lookup(hostname()).catch(() => null);
Deno.test({
  name: "HOST=<the name of this machine> starts, and responds on the name and its address",
  ignore: own === null || !isLoopbackAddress(own.address),
  async fn() {
    await using system = await runSystem({ env: { HOST: hostname(), MANAGER_PASSWORD: PASSWORD } });
    for (const name of [hostname(), own?.address ?? ""]) {
      assert.equal(await statusOf(system.manager, `${name}:1`), 200, name);
    }
  },
});
