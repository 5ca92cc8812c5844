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

Deno.test("a global that a job adds is there for the next jobs of its kind until one of them removes it", async () => {
  await using system = await testSystem({ CONSUMERS: "1", STALL_MS: "60000" });
  const { queue, until } = system;
  const seen: string[] = [];
  const run = async (id: string, kind: string, payload = "nothing") => {
    await queue.add([{ id, kind, payload }]);
    const { result } = await until(id, ({ status }) => status === "COMPLETED");
    if (payload === "nothing") seen.push(JSON.parse(result ?? "[]").at(-1));
  };
  await run("adds", "changes", "a new global");
  await run("other 1", "sees");
  await run("own 1", "changes");
  await run("removes", "changes", "a new global, and takes it back");
  await run("other 2", "sees");
  await run("own 2", "changes");
  assert.deepEqual(seen, ["undefined", "string", "undefined", "undefined"]);
});
