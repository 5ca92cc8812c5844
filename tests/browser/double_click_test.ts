/** A form that leads to another page is sent once, however often its button is clicked. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserEditTest } from "../support/browser.ts";
import { addWaiting, managerSystem, onStage } from "./manager_stage.ts";

browserEditTest("a double click on a button that leads to another page acts once", async (browser, t) => {
  await using system = await managerSystem();
  await using stage = await onStage(browser, { system });
  const { page, problems } = stage;
  const posts: string[] = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(new URL(request.url()).pathname));

  await t.step("Add job", async () => {
    await page.goto(`${system.manager}/add`);
    await page.getByLabel("Id", { exact: true }).fill("data/files/once.txt");
    await clickTwice(page, "Add job");
    await page.getByText("Job added.").waitFor();
    assert.deepEqual(posts.splice(0), ["/add"]);
  });

  await t.step("the button works again when a person comes back to the page", async () => {
    await page.goBack();
    await page.getByLabel("Id", { exact: true }).fill("data/files/again.txt");
    await page.getByRole("button", { name: "Add job" }).click();
    await page.getByText("Job added.").waitFor();
    assert.deepEqual(posts.splice(0), ["/add"]);
  });

  await t.step("the question before an action on all that match", async () => {
    await addWaiting(system, ["all/one.txt", "all/two.txt"]);
    await page.goto(`${system.manager}/confirm?verb=cancel&q=all/`);
    await clickTwice(page, "Cancel 2 jobs");
    await page.getByText("Canceled 2 jobs.").waitFor();
    assert.deepEqual(posts.splice(0), ["/all"]);
  });
  assert.deepEqual(problems, []);
});

/** The second click comes before the server has answered the first. The driver waits for that answer, a page does not. */
async function clickTwice(page: Page, name: string): Promise<void> {
  const clicked = page.waitForEvent("console", {
    predicate: (message) => message.text() === "clicked twice",
  });
  await page.route("**", async (route) => {
    if (route.request().method() === "POST") await clicked;
    await route.continue();
  });
  await page.getByRole("button", { name }).evaluate((element) => {
    const button = element as unknown as { click(): void };
    button.click();
    setTimeout(() => {
      button.click();
      console.log("clicked twice");
    }, 300);
  });
  await clicked;
  await page.unrouteAll({ behavior: "wait" });
}
