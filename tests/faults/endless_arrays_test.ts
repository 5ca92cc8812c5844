/**
 * A loop that makes arrays of constant size: once it is optimized, V8 15.0 compiles it without the check at which a
 * thread ends, unless `V8_FLAGS` keeps it.
 */
import assert from "node:assert/strict";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";

const LEAKS = {
  "at once": "() => { const rows = []; for (;;) rows.push(new Array(1000).fill({})); }",
  "in a timer":
    "() => new Promise(() => setTimeout(() => { const rows = []; for (;;) rows.push(new Array(1000).fill(0)); }, 20))",
  "and catches every error":
    "() => { const rows = []; for (;;) try { for (;;) rows.push(new Array(1000).fill({})); } catch {} }",
};
const SPINS = "() => { for (;;) new Array(1000).fill(0); }";
const WAITS = "({ payload }) => new Promise((resolve) => setTimeout(resolve, payload))";

async function start(handler: string, env: Record<string, string> = {}) {
  const handlers = await handlerFolder({
    endless: `export const handler = ${handler};`,
    wait: `export const handler = ${WAITS};`,
  });
  const system = await runSystem({
    env: { HANDLERS_DIR: handlers.path, CONSUMERS: "3", RETRY_DELAYS_MS: "none", STALL_MS: "20000", ...env },
  });
  const dispose = system[Symbol.asyncDispose].bind(system);
  return Object.assign(system, {
    [Symbol.asyncDispose]: async () => {
      await dispose();
      await handlers[Symbol.asyncDispose]();
    },
  });
}

/** The job ended as this says, its neighbour never knew, and the process lives on. */
async function assertAlone(system: RunningSystem, error: RegExp): Promise<void> {
  const pid = system.supervisorPid();
  const jobs = [{ id: "neighbour", kind: "wait", payload: 5000 }, { id: "endless", kind: "endless" }];
  await (await system.api("jobs", jobs)).body?.cancel();
  const job = await system.until("endless", "UNPROCESSABLE", 60_000);
  assert.match(String(job.error), error);
  const neighbour = await system.until("neighbour", "COMPLETED", 20_000);
  assert.deepEqual([neighbour.crashes, neighbour.history], [0, []]);
  assert.equal(system.supervisorPid(), pid);
  const log = await Deno.readTextFile(`${system.folder}/logs/jobqueue.log`);
  assert.doesNotMatch(log, /hangs? in native code/);
}

for (const [way, handler] of Object.entries(LEAKS)) {
  Deno.test(`a job that leaks arrays ${way} is charged by name, and neither its neighbours nor the process notice`, async () => {
    await using system = await start(handler, { CONSUMER_MEMORY_MB: "64" });
    await assertAlone(system, /^It ran out of memory \(limit 64 MB, CONSUMER_MEMORY_MB\)/);
  });
}

Deno.test("a job that makes arrays for ever without keeping them loses its thread, which does not hang", async () => {
  await using system = await start(SPINS, { STALL_MS: "1000" });
  await assertAlone(system, /silent|stalled|heartbeat/i);
});
