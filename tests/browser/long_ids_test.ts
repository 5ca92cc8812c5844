/** Ids that are long, or written from right to left, can be told apart and turn nothing around. */
import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { addWaiting, managerSystem, onStage, rowOf } from "./manager_stage.ts";

const LONG = `customers/${"a-very-long-name/".repeat(20)}invoice`;

browserTest("two long ids that differ at their ends look different, at every width", async (browser) => {
  await using system = await managerSystem();
  await addWaiting(system, [`${LONG}-0001.pdf`, `${LONG}-0002.pdf`]);
  await using stage = await onStage(browser, { system });
  const { page } = stage;
  for (const width of [320, 390, 900, 1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await page.evaluate<boolean[]>(ENDS_SHOW), [true, true], `${width} px`);
    assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), width);
  }
});

/** For each link: whether its last letter is visible. */
const ENDS_SHOW = `[...document.querySelectorAll(".job-link")].map((link) => {
  const range = document.createRange();
  const last = link.querySelector("bdi").lastChild;
  range.setStart(last, last.length - 1);
  range.setEnd(last, last.length);
  return range.getBoundingClientRect().right <= link.getBoundingClientRect().right + 1;
})`;

browserTest("an id with marks of direction shows them, and does not turn the row around", async (browser) => {
  await using system = await managerSystem();
  await addWaiting(system, ["rtl-\u202eoverride-txt.exe"]);
  await using stage = await onStage(browser, { system });
  const row = rowOf(stage.page, "override");
  assert.equal(await row.locator(".job-link").innerText(), "rtl-\\u202eoverride-txt.exe");
  await row.getByRole("checkbox", { name: /^Select rtl-/ }).waitFor();
});
