/** Without scripts the Manager does all that it does with them, one page after the other. */
import assert from "node:assert/strict";
import { browserEditTest } from "../support/browser.ts";
import { addOneOfEach, managerSystem, onStage, rowOf } from "./manager_stage.ts";

browserEditTest(
  "without scripts a person can log in, filter, cancel, resubmit, add and act on many",
  async (browser) => {
    await using system = await managerSystem();
    await addOneOfEach(system);
    await using stage = await onStage(browser, { system, look: { javaScriptEnabled: false } });
    const { page, problems } = stage;
    const statusOf = async (id: string) => (await system.job(id)).status;

    await page.getByRole("link", { name: /^UNPROCESSABLE/ }).click();
    await rowOf(page, "unprocessable.txt").getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Job canceled.").waitFor();
    assert.equal(await statusOf("data/files/unprocessable.txt"), "CANCELED");
    assert.equal(new URL(page.url()).searchParams.get("status"), "UNPROCESSABLE");

    await page.getByRole("link", { name: /^CANCELED/ }).click();
    await page.getByLabel("Part of the id").fill("unproc");
    await page.getByRole("button", { name: "Search" }).click();
    assert.equal(await page.locator("tbody tr").count(), 1);
    await rowOf(page, "unprocessable.txt").getByRole("button", { name: "Resubmit" }).click();
    await page.getByText("Job resubmitted.").waitFor();
    assert.equal(await statusOf("data/files/unprocessable.txt") === "CANCELED", false);
    const { searchParams } = new URL(page.url());
    assert.deepEqual([searchParams.get("status"), searchParams.get("q")], ["CANCELED", "unproc"]);

    await page.goto(`${system.manager}/`);
    await rowOf(page, "/failed.txt").getByRole("checkbox").check();
    await rowOf(page, "/pending.txt").getByRole("checkbox").check();
    await page.getByRole("button", { name: "Cancel selected" }).click();
    await page.getByText("Canceled 2 jobs.").waitFor();
    assert.equal(await statusOf("data/files/failed.txt"), "CANCELED");

    await page.getByRole("link", { name: "Add job" }).click();
    await page.getByLabel("Id", { exact: true }).fill("data/files/by-hand.txt");
    await page.getByLabel("Payload").fill("{not json");
    await page.getByRole("button", { name: "Add job" }).click();
    await page.getByText("The payload is not JSON").waitFor();
    assert.equal(await page.getByLabel("Payload").inputValue(), "{not json");
    await page.getByLabel("Payload").fill('{"for": "a test"}');
    await page.getByRole("button", { name: "Add job" }).click();
    await page.getByText("Job added.").waitFor();
    assert.deepEqual((await system.job("data/files/by-hand.txt")).payload, { for: "a test" });

    await page.goto(`${system.manager}/?status=CANCELED`);
    await page.getByRole("link", { name: "Resubmit all that match…" }).click();
    await page.getByRole("button", { name: "Resubmit 3 jobs" }).click();
    await page.getByText("Resubmitted 3 jobs.").waitFor();

    await page.getByRole("link", { name: /^Stalled/ }).click();
    await page.getByRole("button", { name: "Check stalled jobs" }).click();
    await page.getByText("Checked: 1 job had stalled and went back to the queue.").waitFor();
    assert.notEqual((await system.job("data/files/silent.txt")).consumer_id, "nobody");

    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL(`${system.manager}/login`);
    // Errors of the console would be refused scripts and styles; a refused form is one of these, and intended.
    assert.deepEqual(problems.filter((problem) => !problem.includes("400")), []);
  },
);
