/** What an open page costs the line while nothing is done with it, in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { addWaiting, onStage } from "./manager_stage.ts";

/** As delivered: a job every five seconds, which takes four. */
const SAMPLE = {
  ...{ CONSUMERS: "10", PRODUCER_INTERVAL_MS: "5000", WORK_MS: "4000", RETRY_DELAYS_MS: "1000,2000,4000" },
  ...{ HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000" },
};
const BYTES_IN_30_S = 100_000;
const WATCHED_MS = 10_000;

/** Counts the bytes that arrive, headers included. */
async function bytesReceived(page: Page): Promise<() => number> {
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ response }) => bytes += response.encodedDataLength);
  session.on("Network.dataReceived", ({ encodedDataLength }) => bytes += encodedDataLength);
  return () => bytes;
}

browserTest(
  "an open list, and Ops, take at most 100 KB in 30 s from the system as delivered",
  async (browser, t) => {
    await using system = await runSystem({ env: SAMPLE });
    await addWaiting(system, Array.from({ length: 50 }, (_, i) => `data/files/waiting-${i}.txt`));
    await using stage = await onStage(browser, { system });
    for (const [name, address] of [["the list", system.manager], ["Ops", system.ops]] as const) {
      await t.step(name, async () => {
        const page = await stage.context.newPage();
        const received = await bytesReceived(page);
        await page.goto(address);
        await page.getByText("Live", { exact: true }).waitFor();
        const before = received();
        await page.waitForTimeout(WATCHED_MS);
        const bytes = received() - before;
        await page.close();
        assert.ok(before > 1_000 && bytes > 500, `the bytes are counted: ${before}, then ${bytes}`);
        assert.ok(bytes * 30_000 / WATCHED_MS <= BYTES_IN_30_S, `${bytes} bytes in ${WATCHED_MS} ms`);
      });
    }
  },
);
