/** Recent events of jobs whose ids hold what the words around them might hold as well, in a real browser. */
import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { opsViolations } from "./ops_violations.ts";

const IDS = [
  "data/files/mail: x",
  "data/files/Gave up on a: b (of all)",
  "data/files/rtl-\u202eoverride-txt.exe",
  "data/files/".padEnd(2000, "very-long-"),
];

/** The ids of the jobs that the events lead to. */
const LINKED =
  `[...document.querySelectorAll(".event a")].map(({ href }) => new URL(href).searchParams.get("id"))`;

browserTest(
  "each of the recent events leads to its job, whatever its id contains, and none breaks the page",
  async (browser) => {
    await using system = await runSystem({ command: "supervise", env: { RETRY_DELAYS_MS: "1" } });
    const page = await browser.newPage();
    await page.goto(system.ops);
    await page.getByText("Live", { exact: true }).waitFor();
    // There are no such files.
    await (await system.api("jobs", IDS.map((id) => ({ id })))).body?.cancel();
    for (const id of IDS) await system.until(id, "UNPROCESSABLE");
    await (await system.api("jobs/cancel", { ids: [IDS[0]] })).body?.cancel();
    const { consumers } = await (await system.api("stats")).json();
    await (await system.api(`consumers/${consumers[0].id}/crash`, {})).body?.cancel();

    const line = (text: RegExp) => page.locator(".event", { hasText: text });
    await line(/Restarted consumer [0-9a-f]{8}: /).waitFor();
    await line(/Consumer [0-9a-f]{8} was made to crash by API token from 127\.0\.0\.1/).waitFor();
    await line(/mail: x canceled by API token from 127\.0\.0\.1 \(2 earlier\)/).waitFor();
    await line(/rtl-\\u202eoverride-txt\.exe given up, every attempt failed: .*\(1 earlier\)/).waitFor();
    assert.equal(await page.locator(".event").count(), IDS.length + 2);
    const links = await page.evaluate<string[]>(LINKED);
    assert.deepEqual(links.sort(), IDS.toSorted());
    for (const width of [320, 390, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), width);
    }
    assert.deepEqual(await opsViolations(page), []);
  },
);
