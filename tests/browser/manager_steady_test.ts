/** Nothing moves under the reader's pointer: a reader who aims at a button hits it, and no other. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { browserEditTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { addWaiting, clear, managerSystem, onStage, rowOf, sql, type Stage } from "./manager_stage.ts";

const LIVE = { timeout: 1_500 };

browserEditTest("the rows of the Manager hold still under their reader", async (browser, t) => {
  await using system = await managerSystem();
  await using stage = await onStage(browser, { system });
  await t.step("a row is where it was before, during and after a note", () => noteMovesNothing(stage));
  await t.step("a double click on Cancel cancels one job, with one request", () => oneRequest(stage));
  await t.step("rows stay under a pointer that rests, whatever leaves the list", () => restingPointer(stage));
  await t.step("what is selected stays selected when it leaves the list", () => staysSelected(stage));
  await t.step("a whole page selected leads to all that match", () => allThatMatch(stage));
  await t.step("the search box says what the list shows, after Back too", () => searchBox(stage));
  await t.step(
    "Back does not undo the tab together with the filter chosen after it",
    () => backStepByStep(stage),
  );
  await t.step("the page of a job links back to the list it was opened from", () => wayBack(stage));
  await t.step("Shift and a click select all that lies between", () => range(stage));
  await t.step("keys switch the tabs, and act on the job that has the focus", () => keys(stage));
  await t.step("a cancel can be undone, unless the job had failed", () => undo(stage));
  await t.step("the next page begins at its top", () => top(stage));
  await t.step("the keys can be switched off, and stay so", () => keysOff(stage));
});

async function yOf(row: Locator): Promise<number> {
  const box = await row.boundingBox();
  assert.ok(box !== null);
  return box.y;
}

async function fiveFailed({ system, page }: Stage, path = "/?status=FAILED"): Promise<void> {
  await clear(system);
  await addWaiting(system, [1, 2, 3, 4, 5].map((n) => `data/files/number-${n}.txt`));
  await sql(system, "UPDATE jobs SET status = 'FAILED';");
  await eventually("the edit is seen", async () => {
    const { counts } = await (await system.api("stats")).json();
    return counts.FAILED === 5;
  });
  await page.mouse.move(0, 0);
  await page.goto(`${system.manager}${path}`);
  await page.getByText("Live").waitFor();
}

const note = (page: Page) => page.locator(".dock-note .message");

async function noteMovesNothing(stage: Stage): Promise<void> {
  const { page, context, problems } = stage;
  await fiveFailed(stage, "/");
  const row = rowOf(page, "number-3");
  const before = await yOf(row);
  await row.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await yOf(row), before, "at once");
  await note(page).waitFor(LIVE);
  assert.equal(await yOf(row), before, "with the note");
  await note(page).waitFor({ state: "detached", timeout: 10_000 });
  assert.equal(await yOf(row), before, "without it");
  await rowOf(page, "number-1").getByRole("checkbox").check();
  assert.equal(await yOf(row), before, "with a selection");
  assert.deepEqual(problems, []);
  await context.setOffline(true);
  await page.getByText("Reconnecting…").waitFor();
  assert.equal(await yOf(row), before, "without the server");
  await context.setOffline(false);
  await page.getByText("Live").waitFor();
  problems.length = 0;
}

async function oneRequest(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await fiveFailed(stage);
  const posts: string[] = [];
  const listen = (request: { method(): string; url(): string }) => {
    if (request.method() === "POST") posts.push(request.url());
  };
  page.on("request", listen);
  await rowOf(page, "number-3").getByRole("button", { name: "Cancel" }).dblclick();
  await note(page).waitFor(LIVE);
  await new Promise((resolve) => setTimeout(resolve, 500));
  page.off("request", listen);
  assert.equal(posts.length, 1, posts.join());
  const { counts } = await (await system.api("stats")).json();
  assert.deepEqual([counts.CANCELED, counts.FAILED], [1, 4]);
  assert.deepEqual(problems, []);
}

async function restingPointer(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await fiveFailed(stage);
  const aimed = rowOf(page, "number-3");
  await aimed.locator(".job-link").hover();
  const before = await yOf(aimed);
  await sql(system, "UPDATE jobs SET status = 'COMPLETED' WHERE id LIKE '%number-5%';");
  await sql(system, "DELETE FROM jobs WHERE id LIKE '%number-4%';");
  await rowOf(page, "number-5").filter({ hasText: "COMPLETED" }).waitFor(LIVE);
  await rowOf(page, "number-4").filter({ hasText: "Removed" }).waitFor(LIVE);
  await addWaiting(system, ["data/files/number-6.txt"]);
  await sql(system, "UPDATE jobs SET status = 'FAILED' WHERE id LIKE '%number-6%';");
  await page.getByText("1 new", { exact: true }).waitFor(LIVE);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  assert.equal(await yOf(aimed), before);
  await page.mouse.move(0, 0);
  await rowOf(page, "number-6").waitFor(LIVE);
  await rowOf(page, "number-5").waitFor({ state: "detached", ...LIVE });
  assert.equal(await rowOf(page, "number-4").count(), 0);
  assert.deepEqual(problems, []);
}

async function staysSelected(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await fiveFailed(stage);
  const ticked = rowOf(page, "number-4");
  await ticked.getByRole("checkbox").check();
  await page.mouse.move(0, 0);
  await page.getByText("Rows hold still while some are selected").waitFor();
  await sql(system, "UPDATE jobs SET status = 'CANCELED' WHERE id LIKE '%number-4%';");
  await addWaiting(system, ["data/files/number-6.txt"]);
  await sql(system, "UPDATE jobs SET status = 'FAILED' WHERE id LIKE '%number-6%';");
  await page.getByText("1 new", { exact: true }).waitFor(LIVE);
  assert.equal(await ticked.getByRole("checkbox").isChecked(), true);
  await ticked.filter({ hasText: "CANCELED" }).waitFor(LIVE);

  await page.getByRole("button", { name: "Show" }).click();
  await rowOf(page, "number-6").waitFor(LIVE);
  assert.equal(await ticked.getByRole("checkbox").isChecked(), true);
  await page.getByRole("button", { name: "Resubmit selected" }).click();
  await page.getByText("Job resubmitted.").waitFor(LIVE);
  await ticked.waitFor({ state: "detached", ...LIVE });
  assert.deepEqual(problems, []);
}

async function allThatMatch(stage: Stage): Promise<void> {
  const { page, problems } = stage;
  await fiveFailed(stage, "/?status=FAILED&limit=2");
  await page.getByLabel("Select all on this page").check();
  await page.getByText("2 selected").waitFor();
  await page.getByRole("link", { name: "Cancel all 5 that match…" }).click();
  await page.getByRole("heading", { name: "Cancel 5 jobs?" }).waitFor();
  assert.deepEqual(problems, []);
}

async function searchBox(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await fiveFailed(stage, "/");
  const box = page.getByLabel("Part of the id");
  await box.fill("nothing-like-it");
  await page.getByText("There are no jobs whose id contains “nothing-like-it”.").waitFor();
  await page.getByRole("link", { name: "Show all jobs" }).click();
  await rowOf(page, "number-3").waitFor();
  assert.equal(await box.inputValue(), "");
  await page.goBack();
  await page.getByText("There are no jobs").waitFor();
  assert.equal(await box.inputValue(), "nothing-like-it");

  await box.fill("number-3");
  await page.getByRole("link", { name: /^FAILED/ }).click();
  await box.fill("number-2");
  await rowOf(page, "number-2").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("status"), "FAILED");
  await page.goto(system.manager);
  assert.deepEqual(problems, []);
}

async function backStepByStep(stage: Stage): Promise<void> {
  const { page, problems } = stage;
  await fiveFailed(stage, "/");
  const search = (text: string) => page.waitForURL((url) => url.search === text);
  await page.getByRole("link", { name: /^FAILED/ }).click();
  await search("?status=FAILED");
  // The jobs shown before have all failed, so the same rows stay.
  await eventually("the title", async () => await page.title() === "FAILED jobs · Persistent Queue");
  await page.getByLabel("Changed", { exact: true }).selectOption("1h");
  await search("?status=FAILED&changed_since=1h");
  await page.getByLabel("Part of the id").pressSequentially("number-3", { delay: 250 });
  await search("?status=FAILED&changed_since=1h&q=number-3");
  for (const text of ["?status=FAILED&changed_since=1h", "?status=FAILED", ""]) {
    await page.goBack();
    assert.equal(new URL(page.url()).search, text);
  }
  await rowOf(page, "number-5").waitFor();
  assert.deepEqual(problems, []);
}

async function wayBack(stage: Stage): Promise<void> {
  const { page, problems } = stage;
  await fiveFailed(stage, "/?status=FAILED&q=number-3");
  await rowOf(page, "number-3").locator(".job-link").click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Job canceled").waitFor(LIVE);
  await page.getByRole("link", { name: /^Back to all FAILED jobs/ }).click();
  await page.waitForURL(/\/\?status=FAILED&q=number-3$/);
  assert.deepEqual(problems, []);
}

async function range({ page, problems, ...rest }: Stage): Promise<void> {
  await fiveFailed({ page, problems, ...rest });
  await rowOf(page, "number-5").getByRole("checkbox").click();
  await rowOf(page, "number-2").getByRole("checkbox").click({ modifiers: ["Shift"] });
  await page.getByText("4 selected").waitFor();
  await rowOf(page, "number-3").getByRole("checkbox").click({ modifiers: ["Shift"] });
  await page.getByText("2 selected").waitFor();
  assert.deepEqual(problems, []);
}

async function keys(stage: Stage): Promise<void> {
  const { page, problems } = stage;
  await fiveFailed(stage, "/");
  await page.keyboard.press("5");
  await page.waitForURL(/status=FAILED/);
  // The address changes before the list does.
  await page.locator("a[aria-current=page]", { hasText: "FAILED" }).waitFor(LIVE);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("c");
  await note(page).filter({ hasText: "Job canceled." }).waitFor(LIVE);
  await rowOf(page, "number-4").filter({ hasText: "CANCELED" }).waitFor(LIVE);
  await page.keyboard.press("r");
  await note(page).filter({ hasText: "Job resubmitted." }).waitFor(LIVE);
  assert.deepEqual(problems, []);
}

async function undo(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await fiveFailed(stage, "/");
  await rowOf(page, "number-1").getByRole("button", { name: "Cancel" }).click();
  await note(page).filter({ hasText: "Job canceled." }).waitFor(LIVE);
  assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0, "it had failed");
  await addWaiting(system, ["data/files/number-6.txt"]);
  const due = (await system.job("data/files/number-6.txt")).run_at;
  await page.mouse.move(0, 0);
  await rowOf(page, "number-6").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await note(page).filter({ hasText: "Job resubmitted." }).waitFor(LIVE);
  const job = await system.job("data/files/number-6.txt");
  assert.deepEqual([job.status, job.run_at], ["PENDING", due]);
  for (const id of ["number-2", "number-6"]) await rowOf(page, id).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Cancel selected" }).click();
  await page.getByRole("button", { name: "Undo for the one that had not failed" }).click();
  await note(page).filter({ hasText: "Job resubmitted." }).waitFor(LIVE);
  assert.equal((await system.job("data/files/number-6.txt")).status, "PENDING");
  assert.equal((await system.job("data/files/number-2.txt")).status, "CANCELED");
  assert.deepEqual(problems, []);
}

async function top(stage: Stage): Promise<void> {
  const { system, page, problems } = stage;
  await clear(system);
  await addWaiting(system, Array.from({ length: 60 }, (_, n) => `data/files/page-${n}.txt`));
  await page.goto(`${system.manager}/`);
  await page.getByRole("link", { name: "Older" }).click();
  await rowOf(page, "page-3.txt").waitFor(LIVE);
  assert.equal(await page.evaluate<number>("scrollY"), 0);
  assert.deepEqual(problems, []);
}

async function keysOff(stage: Stage): Promise<void> {
  const { page, problems } = stage;
  await fiveFailed(stage, "/");
  await page.getByRole("button", { name: "Shortcuts" }).click();
  await page.getByLabel("Use these keys").uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByText("Live").waitFor();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate("document.activeElement.id"), "");
  await page.getByRole("button", { name: "Shortcuts" }).click();
  await page.getByLabel("Use these keys").check();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate("document.activeElement.id"), "search");
  assert.deepEqual(problems, []);
}
