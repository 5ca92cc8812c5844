import assert from "node:assert/strict";
import { readSettings } from "@persistent-queue/workers";
import type { ConsumerView } from "@persistent-queue/queue";
import { warningsOf } from "../../workers/reporting/warnings.ts";

const CALM = {
  stopping: false,
  consumers: [],
  wedged: [],
  sweep: { lastRequeued: 0 },
  trouble: null,
  storage: [],
};

function warningsWith(env: Record<string, string>): string[] {
  const settings = readSettings({ env: { MANAGER_PASSWORD: "a long one of our own", ...env }, dotenv: null });
  return warningsOf(CALM, { settings, failing: false });
}

Deno.test("the pages warn about plain HTTP for as long as remote clients use it", () => {
  assert.deepEqual(warningsWith({}), []);
  assert.match(
    warningsWith({ HOST: "0.0.0.0" }).join(),
    /^Others reach the pages by plain HTTP .*address\.$/,
  );
  assert.deepEqual(warningsWith({ HOST: "0.0.0.0", PUBLIC_URL: "https://queue.example.com" }), []);
});

Deno.test("the warning about a silent consumer stays the same sentence, so it is read aloud once", () => {
  const settings = readSettings({ env: { MANAGER_PASSWORD: "a long one of our own" }, dotenv: null });
  const warningsAfter = (heartbeatAgeMs: number, state: ConsumerView["state"]) => {
    const rest = { id: "c", jobId: null, jobMs: 0, waiting: 0, done: 0, failed: 0, restarts: 0 };
    const consumers = [{ ...rest, slot: 2, state, heartbeatAgeMs }];
    return warningsOf({ ...CALM, consumers }, { settings, failing: false });
  };
  assert.deepEqual(warningsAfter(900, "working"), []);
  const [warning = "", ...others] = warningsAfter(4_000, "silent");
  assert.match(warning, /^Consumer 2 has fallen silent\. After 30 s /);
  assert.deepEqual(others, []);
  assert.deepEqual(warningsAfter(29_000, "silent"), [warning]);
});
