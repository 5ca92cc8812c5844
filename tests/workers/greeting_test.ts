import assert from "node:assert/strict";
import { runSystem } from "../support/processes/running_system.ts";

Deno.test("a system that has greeted is healthy: a script that waits for the greeting needs no second look", async () => {
  await using system = await runSystem({ command: "supervise" });
  const response = await fetch(`${system.ops}/healthz`);
  assert.equal(response.status, 200, await response.text());
});
