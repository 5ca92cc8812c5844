/** What strangers put into a job stays text, and every reader can read the pages. */
import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { browserEditTest } from "../support/browser.ts";
import { addOneOfEach, addWaiting, managerSystem, onStage, rowOf, sql, type Stage } from "./manager_stage.ts";

const EVIL = [
  `data/files/<img src=x onerror=alert(1)>.txt`,
  `data/files/"><script>alert(2)</script>.txt`,
  `data/files/'--></style><svg onload=alert(3)>.txt`,
  `data/files/${"long-".repeat(300)}.txt`,
];

const PATHS = [
  "/",
  "/?status=UNPROCESSABLE",
  "/?stalled=1",
  "/?q=nothing-like-it",
  "/job?id=data/files/failed.txt",
  "/consumers",
  "/add",
  "/confirm?verb=cancel&status=FAILED",
  "/consumers/crash",
];

browserEditTest("the Manager shows HTML as text, and is readable for everyone", async (browser, t) => {
  await using system = await managerSystem();
  await addOneOfEach(system);
  await addWaiting(system, EVIL);
  // Longer than its box: everything that scrolls must be within reach of the keyboard.
  await sql(system, `UPDATE jobs SET error = '${"x".repeat(9_000)}' WHERE status = 'FAILED';`);
  await using first = await onStage(browser, { system });
  await t.step("what looks like HTML is shown as it is written", () => staysText(first));
  for (const colorScheme of ["light", "dark"] as const) {
    const look = { colorScheme, viewport: { width: 360, height: 740 } };
    await using stage = await onStage(browser, { system, look, as: first });
    await t.step(
      `no page moves sideways, and axe finds nothing, on a phone and on a desktop: ${colorScheme}`,
      () => isReadable(stage),
    );
  }
});

async function staysText({ system, page, problems }: Stage): Promise<void> {
  for (const id of EVIL) {
    await page.goto(`${system.manager}/?${new URLSearchParams({ q: id.slice(0, 60) })}`);
    const link = rowOf(page, id).locator(".job-link");
    assert.equal(await link.innerText(), id);
    await link.click();
    await page.waitForURL(/\/job\?/);
    assert.equal(await page.locator("h1").innerText(), id);
    assert.equal(await page.locator("main img, main svg, main script").count(), 0);
  }
  await page.goto(`${system.manager}/?note=<b>Send%20me%20your%20password</b>`);
  assert.equal(await page.getByText("password").count(), 0);
  assert.deepEqual(problems, []);
}

async function isReadable({ system, page, context, problems }: Stage): Promise<void> {
  for (const [width, height] of [[360, 740], [1280, 800]] as const) {
    await page.setViewportSize({ width, height });
    for (const path of PATHS) {
      await page.goto(`${system.manager}${path}`);
      assert.equal(await sideways(page), 0, `${path}, ${width} px`);
      if (/^\/(?:$|job|consumers|add)/.test(path)) {
        assert.deepEqual(await findings(page), [], `${path}, ${width} px`);
      }
    }
  }
  await context.clearCookies();
  await page.goto(`${system.manager}/login`);
  assert.deepEqual(await findings(page), [], "/login");
  assert.deepEqual(problems, []);
}

/** What axe finds wrong with the page, as sentences. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: Violation[] }>(
    "axe.run({ resultTypes: ['violations'] })",
  );
  return violations.map(({ help, nodes }) =>
    `${help}: ${nodes.map(({ html }) => html).slice(0, 3).join(" ")}`
  );
}

interface Violation {
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** By how many pixels the page is wider than its window. */
async function sideways(page: Page): Promise<number> {
  return await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}
