import assert from "node:assert/strict";
import { readSettings } from "@persistent-queue/workers";
import { warningsOf } from "../../workers/telling/warnings.ts";

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

Deno.test("the pages warn of plain HTTP for as long as others come by it", () => {
  assert.deepEqual(warningsWith({}), []);
  assert.match(
    warningsWith({ HOST: "0.0.0.0" }).join(),
    /^Others reach the pages by plain HTTP .*address\.$/,
  );
  assert.deepEqual(warningsWith({ HOST: "0.0.0.0", PUBLIC_URL: "https://queue.example.com" }), []);
});
