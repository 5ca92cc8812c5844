/** The pages below the path of PUBLIC_URL, alive in a real browser. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { addWaiting, managerSystem, onStage, rowOf } from "./manager_stage.ts";

/** Links, buttons and forms that lead to this server, but outside the path. */
function strays(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll("[href], [src], [action], [formaction]")]
      .map((one) => one.formAction || one.action || one.href || one.src)
      .filter((address) => address.startsWith(location.origin) && !address.startsWith(location.origin + "/jobs"))
  `);
}

browserTest("the pages work below a path as they do at the root", async (browser) => {
  const env = { PUBLIC_URL: "http://localhost/jobs", OPS_PUBLIC_URL: "http://localhost/jobs/ops" };
  await using running = await managerSystem(env);
  const system = { ...running, manager: `${running.manager}/jobs` };
  await using stage = await onStage(browser, { system });
  const { page, problems } = stage;
  const path = () => new URL(page.url()).pathname;

  await addWaiting(system, ["data/files/first.txt", "data/files/second.txt"]);
  await rowOf(page, "first.txt").waitFor();
  assert.deepEqual(await strays(page), []);
  await page.getByRole("link", { name: /CANCELED/ }).first().click();
  assert.equal(path(), "/jobs/");
  await page.goBack();
  await page.locator("#search").fill("second");
  await eventually("the search is in the address", () => page.url().endsWith("/jobs/?q=second"));
  await rowOf(page, "second.txt").getByRole("button", { name: "Cancel" }).click();
  await eventually(
    "it is canceled",
    async () => (await system.job("data/files/second.txt")).status === "CANCELED",
  );
  await rowOf(page, "second.txt").locator(".job-link").click();
  await page.waitForURL(/\/jobs\/job\?id=/);
  await page.getByRole("link", { name: "Consumers" }).click();
  await page.waitForURL(/\/jobs\/consumers$/);
  await page.locator("tbody tr").first().waitFor();
  assert.deepEqual(await strays(page), []);

  await page.goto(`${running.ops}/jobs/ops`);
  await page.locator("#ops").waitFor();
  await eventually(
    "the snapshots arrive",
    async () => await page.locator(".link-live").count() > 0,
  );
  assert.deepEqual(await strays(page), []);
  await page.goto(system.manager);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(/\/jobs\/login$/);
  assert.deepEqual(problems, []);
});
