/** Times are shown in the zone of the reader, wherever the server is. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { browserTest } from "../support/browser.ts";
import { addWaiting, managerSystem, onStage, rowOf } from "./manager_stage.ts";

/** No server runs in this zone. */
const CHATHAM = { timezoneId: "Pacific/Chatham" };

browserTest("the titles of a row are in the zone of the reader", async (browser) => {
  await using system = await managerSystem();
  await addWaiting(system, ["data/files/a.txt"]);
  await using stage = await onStage(browser, { system, look: CHATHAM });
  await stage.page.goto(system.manager);
  const row = rowOf(stage.page, "data/files/a.txt");
  for (const what of [".cell-added time", ".status-more"]) {
    let title: string | null = null;
    await eventually(() => `${what} says ${title}`, async () => {
      title = await row.locator(what).getAttribute("title");
      return title !== null && /GMT\+1[23]:45/.test(title);
    });
  }
  assert.deepEqual(stage.problems, []);
});
