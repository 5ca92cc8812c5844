/** The record of each attempt, through real threads. */
import assert from "node:assert/strict";
import { attemptsOf } from "@persistent-queue/queue";
import { editTest } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";

async function attempts(system: TestSystem, id: string) {
  const found = await system.queue.get(id);
  return attemptsOf({ ...found, now: Date.now() });
}

Deno.test("an error keeps its class, cause and place, and what its handler logged, attempt by attempt", async () => {
  await using system = await testSystem({ RETRY_DELAYS_MS: "30" });
  await system.queue.add(
    ["cause", "aggregate", "object", "place"].map((id) => ({ id, kind: "boom", payload: id })),
  );
  const errorOf = async (id: string) =>
    (await system.until(id, ({ status }) => status === "UNPROCESSABLE")).error ?? "";
  assert.match(
    await errorOf("cause"),
    /^save failed \(caused by Error: ECONNRESET 10\.0\.0\.5\)\n {4}at .*boom\.ts:\d+/,
  );
  assert.match(await errorOf("aggregate"), /^AggregateError: .*\(Error: A down; Error: B down\)/);
  assert.match(await errorOf("object"), /E42/);
  assert.match(
    await errorOf("place"),
    /^SyntaxError: .*\n {4}at tests\/support\/handlers\/boom\.ts:\d+:\d+$/,
  );
  const both = await attempts(system, "cause");
  assert.deepEqual(both.map(({ number, outcome }) => [number, outcome]), [[1, "failed"], [2, "failed"]]);
  for (const { ranMs, startedAt, endedAt, log, detail } of both) {
    assert.ok(ranMs !== null && ranMs >= 0 && ranMs < 5_000);
    assert.equal(startedAt, (endedAt ?? 0) - ranMs);
    assert.match(log ?? "", /^\+\d\.\d{3} s about to end by cause$/);
    assert.match(detail ?? "", /Caused by: Error: ECONNRESET/);
  }
  await system.stop();
  const lines = system.logLines("jobqueue").join("\n");
  assert.match(lines, /Attempt 1\/1 failed for cause: save failed \(caused by [^)]*\)\. Retrying in 0\.03s/);
});

Deno.test("an attempt that completes is recorded in the job itself, without a line in its history", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "done", kind: "boom", payload: "done" }]);
  const job = await system.until("done", ({ status }) => status === "COMPLETED");
  assert.deepEqual((await system.queue.get("done")).history, []);
  const [attempt, ...others] = await attempts(system, "done");
  assert.deepEqual(others, []);
  assert.deepEqual([attempt?.outcome, attempt?.number, attempt?.startedAt], ["completed", 1, job.startedAt]);
});

Deno.test("an attempt whose consumer died is recorded with its run time", async () => {
  await using system = await testSystem({ CONSUMERS: "1", CRASH_LIMIT: "1", STALL_MS: "5000" });
  await system.queue.add([{ id: "lost", kind: "boom", payload: "never" }]);
  const { queue, supervisor } = system;
  const working = () => supervisor.view().consumers.find(({ jobId }) => jobId === "lost");
  await eventually("it works", () => working() !== undefined);
  assert.equal((await attempts(system, "lost"))[0]?.outcome, "running");
  supervisor.injectFault(working()?.id ?? "", "crash", "a test");
  await system.until("lost", ({ status }) => status === "UNPROCESSABLE");
  const found = await queue.get("lost");
  const [attempt, ...others] = attemptsOf({ ...found, now: Date.now() });
  assert.deepEqual(others, []);
  assert.equal(attempt?.outcome, "crashed");
  assert.ok(attempt.ranMs !== null && attempt.startedAt !== null && attempt.consumerId !== null);
});

editTest("a handler never gets a rounded number, and its own −0 is kept", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "by hand", kind: "echo", payload: 1, runAt: Date.now() + 300 }]);
  const payload = `'{"v":1970670598291982290}'`;
  await editByHand(system.settings.queueUrl, `UPDATE jobs SET payload = ${payload} WHERE id = 'by hand'`);
  const job = await system.until("by hand", ({ status }) => status === "FAILED");
  assert.match(job.error ?? "", /the number 1970670598291982290 at v/);
  assert.equal(job.payload, '{"v":1970670598291982290}');
  await system.queue.add([{ id: "zero", kind: "echo", payload: { v: -0 } }]);
  assert.equal((await system.until("zero", ({ status }) => status === "COMPLETED")).result, '{"v":-0}');
});
