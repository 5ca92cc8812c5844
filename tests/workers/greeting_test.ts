import assert from "node:assert/strict";
import { greetingOf, readSettings } from "@persistent-queue/workers";
import { runSystem } from "../support/processes/running_system.ts";

Deno.test("a system that has printed its greeting is healthy: a script that waits for it needs no further check", async () => {
  await using system = await runSystem({ command: "supervise" });
  const response = await fetch(`${system.ops}/healthz`);
  assert.equal(response.status, 200, await response.text());
});

Deno.test("the greeting counts its consumers in plain English, even a single one", () => {
  const lineWith = (consumers: string) => {
    const settings = readSettings({ env: { CONSUMERS: consumers }, dotenv: null });
    return greetingOf(settings, ["http://a", "http://b"]).split("\n").at(-1) ?? "";
  };
  assert.match(lineWith("1"), /^1 consumer at work; /);
  assert.match(lineWith("2"), /^2 consumers at work; /);
});
