/** What a host does that has lost its server: its pages stay up, and say so. */
import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import type { RunningSystem } from "../../support/processes/running_system.ts";

/** A server that is silent counts as gone after three seconds. */
const NOTICED_MS = 5_000;
/** A page that needs the server says that it is unavailable as soon as a call to it fails. */
const PAGE_MS = 5_000;

export async function expectCutOff(host: RunningSystem, says: RegExp): Promise<void> {
  let last = "";
  const reason = await eventually(() => `it says ${says}: ${last}`, async () => {
    const response = await fetch(`${host.ops}/healthz`);
    const { reason = "" } = await response.json();
    last = `${response.status} ${reason}`;
    return response.status === 503 && says.test(reason) ? String(reason) : null;
  }, { withinMs: NOTICED_MS });
  const pages = [`${host.ops}/`, `${host.ops}/live`, `${host.manager}/login`];
  const [ops = ""] = await Promise.all(pages.map(async (page) => {
    const response = await fetch(page, { signal: AbortSignal.timeout(PAGE_MS) });
    assert.equal(response.status, 200, page);
    return await response.text();
  }));
  assert.ok(ops.includes(reason.replace(/\.$/, "")), `Ops does not say: ${reason}`);
  const refused = await host.api("jobs", { id: "refused", kind: "file" });
  await refused.body?.cancel();
  assert.equal(refused.status, 503, "it took a job that it cannot store");
}
