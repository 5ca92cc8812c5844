/** Consumers that die: their job runs elsewhere, and all consumers are back. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

const WAYS = [
  "throw-outside",
  "reject-outside",
  "throw-later",
  "throw-in-callback",
  "throw-in-listener",
] as const;

Deno.test("jobs that crash their threads, each in its own way, end UNPROCESSABLE at the crash limit, and the other jobs complete", async () => {
  await using system = await testSystem({ CRASH_LIMIT: "2", CONSUMERS: "6" });
  const { queue } = system;
  const neighbours = Array.from({ length: 20 }, (_, i) => ({ id: `neighbour ${i}`, kind: "noop" }));
  await queue.add([...WAYS.map((way) => ({ id: way, kind: "die", payload: way })), ...neighbours]);

  for (const way of WAYS) {
    const poison = await system.until(way, ({ status }) => status === "UNPROCESSABLE");
    assert.deepEqual([poison.crashes, poison.retries], [2, 0], way);
    const { history } = await queue.get(way);
    assert.deepEqual(history.map(({ event }) => event), ["crashed", "crashed"], way);
  }
  for (const { id } of neighbours) {
    const neighbour = await system.until(id, ({ status }) => status === "COMPLETED");
    assert.equal(neighbour.crashes, 0);
  }
  await everybodyIsBack(system);
  await system.stop();
  const restarts = system.logLines("jobqueue").filter((line) =>
    /Restarted consumer [0-9a-f-]{36}: /.test(line)
  );
  assert.equal(restarts.length, 2 * WAYS.length);
});

Deno.test("a consumer that crashes on request gives its job to another, with a new lease", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "job", kind: "wait", payload: 300 }]);
  const before = await system.until("job", ({ status }) => status === "PROCESSING");
  await eventually("it works", () => system.supervisor.view().consumers.some(({ jobId }) => jobId === "job"));
  assert.equal(system.supervisor.injectFault(String(before.consumerId), "crash", "a test"), true);
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
  assert.equal(system.supervisor.injectFault(first?.id ?? "", "crash", "a test"), true);
  await eventually("a restart", () => system.supervisor.view().consumers[0]?.restarts === 1);
  await everybodyIsBack(system);
});

Deno.test("a stop right after a restart leaves no removal of old logs running", async () => {
  await using system = await testSystem();
  const { settings: { logDir }, supervisor } = system;
  // So many that it takes longer than the stop.
  for (let n = 0; n < 3_000; n++) {
    Deno.writeTextFileSync(`${logDir}/consumer_${crypto.randomUUID()}.log`, "x");
  }
  await everybodyIsBack(system);
  supervisor.injectFault(supervisor.view().consumers[0]?.id ?? "", "crash", "a test");
  await eventually("it is noticed", () => supervisor.view().consumers[0]?.restarts === 1);
  await system.stop();
  const left = [...Deno.readDirSync(logDir)].filter(({ name }) => name.startsWith("consumer_")).length;
  assert.ok(left < 100, `${left} logs are left`);
});

type System = Awaited<ReturnType<typeof testSystem>>;

/** I12: all consumers are back within five seconds of any single fault. */
function everybodyIsBack({ supervisor }: System): Promise<boolean> {
  const isBack = (state: string) => state !== "starting" && state !== "restarting";
  return eventually(
    "all consumers are back",
    () => supervisor.view().consumers.every(({ state }) => isBack(state)),
  );
}
