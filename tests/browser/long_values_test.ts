/** A long value does not end in the middle of a line: it shows that there is more, all of it at a click, and can be copied. */
import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { managerSystem, onStage } from "./manager_stage.ts";

const LINES = Array.from({ length: 200 }, (_, n) => `line ${n}`);

browserTest(
  "a long payload can be shown in full and copied, and stays so while the page refreshes",
  async (browser) => {
    await using system = await managerSystem();
    const id = `data/files/${"long-".repeat(40)}.txt`;
    const job = { id, payload: LINES, run_at: Date.UTC(2090, 0, 1) };
    await (await system.api("jobs", [job, { ...job, id: "data/files/short.txt", payload: ["short"] }])).body
      ?.cancel();
    await using stage = await onStage(browser, { system });
    const { page, context, problems } = stage;
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const copied = () => page.evaluate<string>("navigator.clipboard.readText()");
    await page.goto(`${system.manager}/job?id=${encodeURIComponent(id)}`);
    const payload = page.locator("#payload-text");
    const heights = () =>
      payload.evaluate((
        text: { clientHeight: number; scrollHeight: number },
      ) => [text.clientHeight, text.scrollHeight]);

    const [shown = 0, all = 0] = await heights();
    assert.ok(all > 2 * shown, `${shown} of ${all} px`);
    await page.getByText("Show all").click();
    const [whole] = await heights();
    assert.ok((whole ?? 0) >= all - 1, `${whole} of ${all} px`);
    await (await system.api("jobs/cancel", { ids: [id] })).body?.cancel();
    await page.getByText("CANCELED", { exact: true }).waitFor();
    assert.deepEqual(await heights(), [whole, whole]);
    await page.getByText("Show less").click();
    assert.equal((await heights())[0], shown);

    await page.getByRole("button", { name: "Copy the payload" }).click();
    await page.getByText("Copied.").waitFor();
    assert.deepEqual(JSON.parse(await copied()), LINES);
    await page.getByRole("button", { name: "Copy id" }).click();
    await eventually("the id is copied", async () => await copied() === id);

    await page.goto(`${system.manager}/job?id=${encodeURIComponent("data/files/short.txt")}`);
    await payload.waitFor();
    assert.equal(await page.getByText("Show all").count(), 0);
    assert.deepEqual(problems, []);
  },
);
