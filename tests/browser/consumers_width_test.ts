/** The table of the consumers has ten columns with its buttons: the narrowest window for it is not a phone's. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { browserTest } from "../support/browser.ts";
import { addFile } from "../support/processes/running_system.ts";
import { managerSystem, onStage } from "./manager_stage.ts";

browserTest("neither the consumers nor Ops are wider than a window of a tablet", async (browser) => {
  await using system = await managerSystem({ WORK_MS: "60000", CONSUMERS: "3" });
  const id = await addFile(system, `${"a-long-name-".repeat(12)}.txt`);
  await eventually("it runs", async () => (await system.job(id)).status === "PROCESSING");
  await using stage = await onStage(browser, { system });
  const { page, problems } = stage;
  for (const address of [`${system.manager}/consumers`, system.ops]) {
    await page.goto(address);
    await page.getByText("working", { exact: true }).first().waitFor();
    for (const width of [320, 760, 761, 784, 800, 920, 960, 961, 1024]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.equal(wide, width, `${address}, ${width} px`);
    }
  }
  assert.deepEqual(problems, []);
});

browserTest(
  "on a phone the buttons of a consumer are at the right, and a host has one line above it",
  async (browser) => {
    await using system = await managerSystem({ CONSUMERS: "3" });
    await using stage = await onStage(browser, { system, look: { viewport: { width: 390, height: 800 } } });
    const { page, problems } = stage;
    await page.goto(`${system.manager}/consumers`);
    await page.getByText("idle", { exact: true }).first().waitFor();
    assert.deepEqual(await page.evaluate<number[]>(GAPS_RIGHT), [12, 12, 12]);
    assert.deepEqual(await page.evaluate<string[]>(LINES_ABOVE_HOST), ["1px", "0px"]);
    assert.deepEqual(problems, []);
  },
);

/** How far the buttons are from the right edge of their card. */
const GAPS_RIGHT = `[...document.querySelectorAll(".consumers .actions")].map((actions) =>
  actions.closest("tr").getBoundingClientRect().right - actions.getBoundingClientRect().right)`;

/** Above the row of a second host, as the table has it where there are several, and above its cell. */
const LINES_ABOVE_HOST = `(() => {
  const second = document.createElement("tbody");
  second.innerHTML = '<tr class="host"><th scope="rowgroup">web-2</th></tr>';
  document.querySelector(".consumers").append(second);
  return [...second.querySelectorAll("tr, th")].map((part) => getComputedStyle(part).borderTopWidth);
})()`;
