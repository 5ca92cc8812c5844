/** What a job changes and adds that all code of its thread shares, as jobs of another kind see it. */
import assert from "node:assert/strict";
import { WAYS } from "../support/handlers/changes.ts";
import { testSystem } from "../support/system/test_system.ts";

const UNCHANGED = JSON.stringify([
  ...["own", "kept", "not added", "function", "function", "not added", "function", "not added"],
  "undefined undefined",
]);

for (const way of Object.keys(WAYS)) {
  Deno.test(`a job changes ${way}: jobs of another kind do not see it, and the thread stays`, async () => {
    await using thread = await oneThread();
    assert.equal(await thread.run("sees", "nothing"), UNCHANGED);
    await thread.run("changes", way);
    assert.equal(await thread.run("sees", "nothing"), UNCHANGED);
  });
}

Deno.test("a global of browsers that a job adds is there for the next jobs of its kind until one of them removes it", async () => {
  await using thread = await oneThread();
  const types: unknown[] = [];
  const see = async (kind: string) => types.push(JSON.parse(await thread.run(kind, "nothing") ?? "").at(-1));
  await thread.run("changes", "a global of browsers");
  await see("sees");
  await see("changes");
  await thread.run("changes", "nothing more of browsers");
  await see("sees");
  await see("changes");
  const [hidden, there] = ["undefined undefined", "object object"];
  assert.deepEqual(types, [hidden, there, hidden, hidden]);
});

Deno.test("a library that two kinds import lazily, and that keeps its state in a global, failed every job of the second", async () => {
  await using thread = await oneThread();
  const counts: unknown[] = [];
  for (const kind of ["lazy", "lazy_too", "lazy", "lazy_too"]) counts.push(await thread.run(kind, "nothing"));
  assert.deepEqual(counts, ["1", "2", "3", "4"]);
});

Deno.test("a polyfill that two handlers import was missing for the second one of a thread", async () => {
  await using thread = await oneThread();
  const seen: unknown[] = [];
  for (const kind of ["filled", "filled_too", "filled"]) seen.push(await thread.run(kind, "nothing"));
  assert.deepEqual(seen, ["2", "2", "2"]);
});

Deno.test("what a polyfill has added is restored when a job changes or removes it", async () => {
  await using thread = await oneThread();
  await thread.run("filled", "nothing");
  for (const way of ["a polyfill, which it replaces", "a polyfill, which it removes"]) {
    await thread.run("changes", way);
    assert.equal(await thread.run("filled_too", "nothing"), "2", way);
  }
});

interface OneThread extends AsyncDisposable {
  /** Returns the result of the job. */
  run(kind: string, payload: string): Promise<string | null>;
}

/** A system with one consumer, which neither fails a job nor is restarted. */
async function oneThread(): Promise<OneThread> {
  const { queue, supervisor, until, ...system } = await testSystem({ CONSUMERS: "1", STALL_MS: "60000" });
  return {
    async run(kind, payload) {
      const id = crypto.randomUUID();
      await queue.add([{ id, kind, payload }]);
      const { result, error } = await until(
        id,
        ({ status, retries }) => status === "COMPLETED" || retries > 0,
      );
      assert.equal(error, null);
      assert.equal(supervisor.view().consumers[0]?.restarts, 0);
      return result;
    },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}
