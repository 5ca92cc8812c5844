/** A port of 0 in the settings. */
import assert from "node:assert/strict";
import { DEFAULT_PASSWORD } from "@persistent-queue/workers";
import { freePorts } from "../../workers/process/free_ports.ts";
import { runSystem } from "../support/processes/running_system.ts";

const HERE = { host: "127.0.0.1", bindAddress: "127.0.0.1" };

Deno.test("with both ports 0 the system starts, and its cookies and links have the ports that it got", async () => {
  const env = { MANAGER_PORT: "0", OPS_PORT: "0" };
  await using system = await runSystem({ command: "supervise confined", env });
  const [manager = "", ops = ""] = ["Manager", "Ops"].map((name) => {
    const line = system.lines.find((line) => line.includes(name) && line.includes("http://"));
    return line?.match(/http:\/\/[\d.:]+/)?.[0];
  });
  const page = await (await fetch(ops)).text();
  assert.ok(page.includes(`href="${manager}"`), "Ops links to the Manager");
  const body = new URLSearchParams({ password: DEFAULT_PASSWORD });
  const login = await fetch(`${manager}/login`, { method: "POST", body, redirect: "manual" });
  await login.body?.cancel();
  assert.match(login.headers.get("set-cookie") ?? "", new RegExp(`^pq_manager_${new URL(manager).port}=`));
  const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
  const list = await (await fetch(manager, { headers: { cookie } })).text();
  assert.ok(list.includes(`href="${ops}"`), "the Manager links to Ops");
});

Deno.test("only a port of 0 is chosen, and it differs from the other", () => {
  assert.deepEqual(freePorts({ ...HERE, managerPort: 8501, opsPort: 8502 }), {});
  const { MANAGER_PORT, OPS_PORT } = freePorts({ ...HERE, managerPort: 0, opsPort: 0 });
  assert.ok(Number(MANAGER_PORT) > 0 && Number(OPS_PORT) > 0 && MANAGER_PORT !== OPS_PORT);
  const one = freePorts({ ...HERE, managerPort: 8501, opsPort: 0 });
  assert.deepEqual(Object.keys(one), ["OPS_PORT"]);
});
