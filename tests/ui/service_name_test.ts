/** As in a container: bound to all addresses of a network of its own, and reached from another address by a service name. */
import assert from "node:assert/strict";
import { freePort } from "../support/processes/free_port.ts";
import { tempFolder } from "../support/temp_folder.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const ADDRESS = "10.9.8.7";

/** Only root may make a network. */
const isPossible = Deno.uid() === 0 &&
  (await new Deno.Command("unshare", { args: ["-n", "true"], stderr: "null" }).output().catch(() => null))
    ?.success;
if (!isPossible) {
  console.log("SKIPPED: no network of its own can be made here, so service names are not tried");
}

/** Starts the system in the network, asks it, and ends it; each question prints a line. */
const SCRIPT = `
  ip link set lo up && ip addr add ${ADDRESS}/32 dev lo
  "$DENO" run -A --no-prompt "$MAIN" supervise >out 2>&1 & system=$!
  trap 'kill $system; wait $system' EXIT
  ask() { curl -s -m 10 -o answer -w "$1 %{http_code}\\n" --resolve "$1:$2:${ADDRESS}" "http://$1:$2$3" "\${@:4}"; }
  for _ in $(seq 200); do grep -q 'supervisor process' out && break; sleep 0.1; done
  ask queue "$MANAGER_PORT" /login
  ask queue.internal "$MANAGER_PORT" /login
  ask ${ADDRESS} "$MANAGER_PORT" /login
  ask jobs.example.com "$MANAGER_PORT" /healthz
  ask jobs.example.com "$MANAGER_PORT" /login
  grep -o ALLOWED_HOSTS answer
  ask queue "$OPS_PORT" /metrics
  ask queue "$OPS_PORT" /metrics -H "Authorization: Bearer $API_TOKEN"
`;

Deno.test({
  name:
    "in a container the names of ALLOWED_HOSTS are served to other machines, probes under every name, Ops to a token",
  ignore: !isPossible,
  async fn() {
    await using folder = await tempFolder();
    const { stdout } = await new Deno.Command("unshare", {
      args: ["-n", "bash", "-c", SCRIPT],
      cwd: folder.path,
      env: {
        ...{ DENO: Deno.execPath(), MAIN, HOST: "0.0.0.0", ALLOWED_HOSTS: "queue,queue.internal" },
        ...{
          MANAGER_PORT: String(freePort()),
          OPS_PORT: String(freePort()),
          CONSUMERS: "1",
          PRODUCER_INTERVAL_MS: "0",
        },
        ...{ MANAGER_PASSWORD: "a password of our own", API_TOKEN: "a-token-for-tests-only" },
      },
      stdin: "null",
      stderr: "inherit",
    }).output();
    assert.deepEqual(new TextDecoder().decode(stdout).trim().split("\n"), [
      "queue 200",
      "queue.internal 200",
      `${ADDRESS} 200`,
      "jobs.example.com 200",
      "jobs.example.com 403",
      "ALLOWED_HOSTS",
      "queue 401",
      "queue 200",
    ]);
  },
});
