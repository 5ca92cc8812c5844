/** The list of jobs at every width: nothing is cut off, columns line up with their headings, and nothing is wider than the window. */
import assert from "node:assert/strict";
import { browserEditTest } from "../support/browser.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { addOneOfEach, managerSystem, onStage, sql } from "./manager_stage.ts";

const LONG_KIND = "render-thumbnails-of-uploaded-images-for-the-web-shop-front";
const WIDTHS = [320, 390, 760, 761, 768, 860, 900, 901, 1020, 1021, 1160, 1279, 1280, 1360, 1440, 1920];

browserEditTest(
  "the list of jobs fits its window at every width, with a kind of a long name",
  async (browser) => {
    await using folder = await handlerFolder({
      mail: "export function handler() {}\n",
      [LONG_KIND]: "export function handler() {}\n",
    });
    await using system = await managerSystem({ HANDLERS_DIR: folder.path });
    await addOneOfEach(system);
    const far = { run_at: Date.UTC(2090, 0, 1) };
    const others = [{ id: "m", kind: "mail", ...far }, { id: "r", kind: LONG_KIND, ...far }];
    await (await system.api("jobs", others)).body?.cancel();
    await sql(system, `UPDATE jobs SET last_heartbeat = ${Date.now() - 3_000_000} WHERE last_heartbeat = 1;`);
    const times = `created_at = ${Date.now() - 4_999_000}, started_at = ${
      Date.now() - 3_599_000
    }, finished_at = NULL`;
    await sql(system, `UPDATE jobs SET run_at = 0, ${times} WHERE status = 'PROCESSING';`);
    await using stage = await onStage(browser, { system });
    const { page, problems } = stage;
    for (
      const path of [
        ...[
          "/",
          "/?status=FAILED",
          "/?status=FAILED,UNPROCESSABLE",
          "/?status=PENDING",
          "/?status=PROCESSING",
        ],
        "/?kind=mail",
      ]
    ) {
      await page.goto(system.manager + path);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        const where = `${path}, ${width} px`;
        assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), width, where);
        assert.deepEqual(await page.evaluate<string[]>(CUT_NAMES), [], where);
        assert.ok(await page.evaluate<boolean>(HEADER_IS_ONE_LINE), where);
        if (width > 760) assert.deepEqual(await page.evaluate<string[]>(MISALIGNED), [], where);
      }
    }
    assert.deepEqual(problems, []);
  },
);

browserEditTest(
  "the heartbeat of a job at work, and the error of a failed one, have room in their lists",
  async (browser) => {
    await using system = await managerSystem();
    await addOneOfEach(system);
    const error = "TypeError: Cannot read properties of undefined (reading 'customer')";
    await sql(
      system,
      `UPDATE jobs SET error = '${error.replaceAll("'", "''")}' WHERE status = 'UNPROCESSABLE';`,
    );
    await using stage = await onStage(browser, { system });
    const { page } = stage;
    for (const width of [390, 768, 1020, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${system.manager}/?status=PROCESSING`);
      await page.locator("tbody .cell-heartbeat", { hasText: /ago/ }).first().waitFor();
    }
    await page.goto(`${system.manager}/?status=UNPROCESSABLE`);
    const shown = page.locator(".job-error");
    assert.equal(await shown.getAttribute("title"), error);
    await page.setViewportSize({ width: 1440, height: 900 });
    const px = await page.locator(".job-more").evaluate((one) => one.clientWidth);
    assert.ok(px > 300, `${px} px for the error`);
  },
);

/** What is not shown in full, or sticks out: names of tabs and statuses, headings, the row of filters. */
const CUT_NAMES = `[...document.querySelectorAll(".tab-name, .filters, .jobs .badge, .jobs thead th")]
  .filter((name) => name.offsetParent !== null && !name.matches(".cell-tick, .cell-actions"))
  .filter((name) => name.scrollWidth > name.clientWidth + 1).map((name) => name.textContent)`;

/** Cells whose text, or the room for it, is not where that of the heading of their column is; buttons outside the table. */
const MISALIGNED = `(() => {
  const edges = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const { left, right } = range.getBoundingClientRect();
    return cell.matches(".number") ? right : left;
  };
  const wrong = [];
  for (const name of ["kind", "status", "retries", "consumer", "heartbeat", "added", "waited", "took"]) {
    const [head, ...cells] = [...document.querySelectorAll(".jobs .cell-" + name)]
      .filter((cell) => getComputedStyle(cell).display !== "none");
    for (const cell of cells) {
      if (Math.abs(edges(cell) - edges(head)) > 1) wrong.push(name + ": " + cell.textContent);
    }
  }
  const table = document.querySelector(".jobs").getBoundingClientRect();
  for (const button of document.querySelectorAll(".jobs .actions")) {
    if (button.getBoundingClientRect().right > table.right) wrong.push(button.textContent);
  }
  return wrong;
})()`;

/** Whether the links of the header are beside each other. */
const HEADER_IS_ONE_LINE = `(() => {
  const boxes = [...document.querySelectorAll(".top-nav :is(a, button)")]
    .filter((one) => one.offsetParent !== null).map((one) => one.getBoundingClientRect());
  return Math.max(...boxes.map(({ top }) => top)) < Math.min(...boxes.map(({ bottom }) => bottom));
})()`;
