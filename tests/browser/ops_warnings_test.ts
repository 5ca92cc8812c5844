/** A warning on Ops can be read whole, however narrow the window is. */
import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { serve } from "@persistent-queue/ui";
import { browserTest } from "../support/browser.ts";
import { OPEN_OPS, openPages } from "../ui/open_pages.ts";

const SHORT = "The disk is full.";
const MIDDLE = "host-b: this host has not been heard of for some seconds.";
const LONG = `${MIDDLE} Look at its machine, at its network, and at the log of what it did last.`;

browserTest("warnings on Ops are never cut without a way to read the rest", async (browser, t) => {
  for (const width of [390, 800, 1280]) {
    for (const warnings of [[SHORT], [MIDDLE], [LONG], [MIDDLE, LONG]]) {
      const name = `${width} px, ${warnings.map(({ length }) => length).join(" and ")} letters`;
      await t.step(name, () => canBeRead(browser, { width, warnings }));
    }
  }
});

browserTest("a new warning on Ops is not hidden behind an old one", async (browser) => {
  await using pages = await openPages(OPEN_OPS);
  pages.view = { ...pages.view, warnings: [MIDDLE] };
  const served = serve({ app: pages.ops, hostname: "127.0.0.1", port: 0, setting: "X" });
  await served.ready;
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 10_000 });
    pages.view = { ...pages.view, warnings: [MIDDLE, SHORT] };
    await page.locator(".health-list li", { hasText: SHORT }).waitFor({ timeout: 10_000 });
  } finally {
    await context.close();
    await served.close();
  }
});

interface Shown {
  readonly width: number;
  readonly warnings: readonly string[];
}

async function canBeRead(browser: Browser, { width, warnings }: Shown): Promise<void> {
  await using pages = await openPages(OPEN_OPS);
  pages.view = { ...pages.view, warnings };
  const served = serve({ app: pages.ops, hostname: "127.0.0.1", port: 0, setting: "X" });
  await served.ready;
  const context = await browser.newContext({ viewport: { width, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 10_000 });
    const line = page.locator(".health-list li");
    const isCut = await line.evaluate((one) => one.scrollWidth > one.clientWidth);
    const all = page.locator(".health-all summary");
    if (!await all.isVisible()) return assert.deepEqual([isCut, warnings.length], [false, 1]);
    await all.click();
    for (const warning of warnings) {
      const shown = page.locator(".health-all li", { hasText: warning }).first();
      const box = await shown.boundingBox();
      assert.ok(box !== null && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    }
  } finally {
    await context.close();
    await served.close();
  }
}
