/** What a job changes and adds that all code of its thread shares, as jobs of another kind see it. */
import assert from "node:assert/strict";
import { WAYS } from "../support/handlers/changes.ts";
import { testSystem } from "../support/system/test_system.ts";

const UNCHANGED = JSON.stringify([
  ...["own", "kept", "not added", "function", "function", "not added", "function", "not added"],
  ...["undefined undefined", "undefined"],
]);

for (const way of Object.keys(WAYS)) {
  Deno.test(`a job changes ${way}: jobs of another kind do not see it, and the thread stays`, async () => {
    await using system = await testSystem({ CONSUMERS: "1", STALL_MS: "60000" });
    const { queue, supervisor, until } = system;
    const ended = async (id: string, kind: string, payload: string) => {
      await queue.add([{ id, kind, payload }]);
      const { result, error } = await until(id, ({ status }) => status === "COMPLETED");
      assert.equal(error, null);
      return result;
    };
    assert.equal(await ended("before", "sees", "nothing"), UNCHANGED);
    await ended("changes", "changes", way);
    assert.equal(await ended("after", "sees", "nothing"), UNCHANGED);
    assert.equal(supervisor.view().consumers[0]?.restarts, 0);
  });
}

Deno.test("a global that a job adds is there for the next job of its kind: it may hold a connection", async () => {
  await using system = await testSystem({ CONSUMERS: "1", STALL_MS: "60000" });
  const { queue, until } = system;
  const steps = [["add", "changes", "a new global"], ["other", "sees", "nothing"], [
    "own",
    "changes",
    "nothing",
  ]];
  for (const [id = "", kind = "", payload = ""] of steps) {
    await queue.add([{ id, kind, payload }]);
    await until(id, ({ status }) => status === "COMPLETED");
  }
  const seenBy = async (id: string) => JSON.parse((await queue.get(id)).job.result ?? "[]").at(-1);
  assert.deepEqual([await seenBy("other"), await seenBy("own")], ["undefined", "string"]);
});
