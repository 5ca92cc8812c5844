/** A thread inside a native call: what is reported, and what happens afterwards. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

Deno.test("a thread in a native call is named, with its job, until the call returns", async () => {
  await using system = await testSystem();
  const { queue, supervisor, settings, fatal } = system;
  const pipe = `${settings.filesDir}/pipe`;
  assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
  await queue.add([{ id: "reads a pipe", kind: "hang", payload: "pipe" }]);
  const { crashes } = await system.until("reads a pipe", ({ status }) => status === "COMPLETED");
  assert.equal(crashes, 1);

  await eventually("it is called wedged", () => supervisor.view().wedged === 1);
  const { history: [stall] } = await queue.get("reads a pipe");
  const thread = `The thread of consumer ${stall?.consumerId}`;
  const words = `${thread} hangs in native code, in job reads a pipe of kind hang: it cannot be ended`;
  assert.equal(supervisor.view().warnings.filter((warning) => warning.startsWith(words)).length, 1);
  const logged = (words: string) => system.logLines("jobqueue").filter((line) => line.includes(words)).length;
  await eventually("the log says so", () => logged(words) === 1);
  assert.ok(supervisor.view().consumers.every(({ state }) => state === "idle"));

  Deno.writeTextFileSync(pipe, "at last");
  await eventually("it has ended after all", () => supervisor.view().wedged === 0);
  const { warnings } = supervisor.view();
  assert.ok(!warnings.some((warning) => warning.startsWith(thread)), warnings.join());
  const ended = `${thread}, which could not be ended, has ended after all.`;
  await eventually("the log says that as well", () => logged(ended) === 1);
  assert.deepEqual(fatal, []);
});
