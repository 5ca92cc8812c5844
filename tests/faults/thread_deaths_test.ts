/** Stories of consumers that die: their job goes on elsewhere, and everybody is back. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/test_system.ts";

const WAYS = ["throw-outside", "reject-outside", "close", "exit", "rubbish", "unreadable"] as const;

for (const way of WAYS) {
  Deno.test(`a job that takes its thread down by "${way}" ends UNPROCESSABLE at the crash limit, and its neighbours complete`, async () => {
    await using system = await testSystem({ CRASH_LIMIT: "2" });
    const { queue } = system;
    await queue.add([{ id: "poison", kind: "die", payload: way }]);
    await queue.add(Array.from({ length: 20 }, (_, i) => ({ id: `neighbour ${i}`, kind: "noop" })));

    const poison = await system.until("poison", ({ status }) => status === "UNPROCESSABLE");
    assert.equal(poison.crashes, 2);
    assert.equal(poison.retries, 0);
    for (let i = 0; i < 20; i++) {
      const neighbour = await system.until(`neighbour ${i}`, ({ status }) => status === "COMPLETED");
      assert.equal(neighbour.crashes, 0);
    }
    const { history } = await queue.get("poison");
    assert.deepEqual(history.map(({ event }) => event), ["crashed", "crashed"]);
    await everybodyIsBack(system);
    await system.stop();
    assert.ok(system.logLines("jobqueue").some((line) => /Restarted consumer [0-9a-f-]{36}: /.test(line)));
  });
}

Deno.test("a consumer that crashes on request gives its job to another, with a new lease", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "job", kind: "wait", payload: 300 }]);
  const before = await system.until("job", ({ status }) => status === "PROCESSING");
  await eventually("it works", () => system.supervisor.view().consumers.some(({ jobId }) => jobId === "job"));
  assert.equal(system.supervisor.provoke(String(before.consumerId), "crash"), true);
  await system.until(
    "job",
    ({ consumerId, status }) => status === "PROCESSING" && consumerId !== before.consumerId,
  );
  const after = await system.until("job", ({ status }) => status === "COMPLETED");
  assert.ok(after.lease > before.lease);
  assert.notEqual(after.consumerId, before.consumerId);
  await everybodyIsBack(system);
});

Deno.test("a consumer that crashes while idle is replaced", async () => {
  await using system = await testSystem();
  await everybodyIsBack(system);
  const [first] = system.supervisor.view().consumers;
  assert.equal(system.supervisor.provoke(first?.id ?? "", "crash"), true);
  await eventually("a restart", () => system.supervisor.view().consumers[0]?.restarts === 1);
  await everybodyIsBack(system);
});

Deno.test("a handler that ignores its cancel is cut off with its thread after five seconds", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "deaf", kind: "deaf" }]);
  await system.until("deaf", ({ status }) => status === "PROCESSING");
  await eventually(
    "it works",
    () => system.supervisor.view().consumers.some(({ jobId }) => jobId === "deaf"),
  );
  await system.queue.move("cancel", ["deaf"], "test");
  const canceledAt = performance.now();
  await eventually(
    "a restart",
    () => system.supervisor.view().consumers.some(({ restarts }) => restarts === 1),
    { withinMs: 10_000 },
  );
  const ms = performance.now() - canceledAt;
  assert.ok(ms > 4_900 && ms < 9_000, `after ${ms} ms`);
  const { job } = await system.queue.get("deaf");
  assert.equal(job.status, "CANCELED");
  assert.equal(job.crashes, 0);
  await everybodyIsBack(system);
});

type System = Awaited<ReturnType<typeof testSystem>>;

/** I12: all consumers are back within five seconds of any single fault. */
function everybodyIsBack({ supervisor }: System): Promise<boolean> {
  const isBack = (state: string) => state !== "starting" && state !== "restarting";
  return eventually(
    "everybody is back",
    () => supervisor.view().consumers.every(({ state }) => isBack(state)),
  );
}
