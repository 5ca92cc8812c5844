/** The Manager in a real browser, in front of the real system. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { isLegal, OPERATOR_VERBS, STATUSES } from "@persistent-queue/queue";
import { browserEditTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import {
  addOneOfEach,
  addWaiting,
  buttonsOf,
  clear,
  managerSystem,
  onStage,
  rowOf,
  sql,
  type Stage,
} from "./manager_stage.ts";

const BUTTON = { resubmit: "Resubmit", cancel: "Cancel" } as const;
const many = (n: number) =>
  Array.from({ length: n }, (_, i) => `data/files/one-of-many-${String(i).padStart(3, "0")}.txt`);

/** Changes within this time are live, in milliseconds. */
const LIVE = { timeout: 1_500 };

browserEditTest("the Manager keeps itself up to date in a browser", async (browser, t) => {
  await using system = await managerSystem();
  await using stage = await onStage(browser, { system });
  await t.step(
    "changes show by themselves, and nothing that the reader does is lost",
    () => changesShow(stage),
  );
  await t.step(
    "each status has the buttons that are legal for it, and they do what they say",
    () => legalButtons(stage),
  );
  await t.step(
    "a job that is removed while its page is open stays on the page, whether its reader leaves or reads on",
    () => removedJob(stage),
  );
  await t.step(
    "search, kind and pages are in the address, and going back brings them back",
    () => addresses(stage),
  );
  await t.step(
    "scheduled jobs, and jobs that changed lately, can be chosen beside the search",
    () => choicesOfTime(stage),
  );
  await t.step(
    "a page that loses its server says so, and catches up when it is back",
    () => reconnecting(stage),
  );
  await t.step(
    "the page of a running job does not go on as if it ran while the server does not answer",
    () => standStill(stage),
  );
});

async function changesShow({ system, page, problems }: Stage) {
  await clear(system);
  await addWaiting(system, many(40));
  await page.goto(system.manager);
  await page.evaluate("document.body.setAttribute('data-not-reloaded', '')");
  const last = rowOf(page, "one-of-many-005");
  await last.scrollIntoViewIfNeeded();
  await last.getByRole("checkbox").check();
  await last.locator("a").focus();
  await rowOf(page, "one-of-many-006").locator(".job-link").selectText();
  const before = await whatTheReaderHas(page);
  assert.ok(before.scrollY > 100);

  await sql(system, "UPDATE jobs SET status = 'FAILED', retries = 2 WHERE id LIKE '%many-005%';");
  await last.filter({ hasText: "FAILED" }).waitFor(LIVE);
  assert.deepEqual(await buttonsOf(last), ["Resubmit", "Cancel"]);
  await page.locator('[data-count="FAILED"]', { hasText: "1" }).waitFor(LIVE);
  assert.deepEqual(await whatTheReaderHas(page), before);

  // While something is ticked nothing moves; new jobs come in when it is not.
  await addWaiting(system, ["data/files/newest.txt"]);
  await page.locator('[data-count="All"]', { hasText: "41" }).waitFor(LIVE);
  assert.equal(await rowOf(page, "newest").count(), 0);
  assert.deepEqual(await whatTheReaderHas(page), before);
  await page.getByRole("button", { name: "Clear selection" }).click();
  await rowOf(page, "newest").waitFor(LIVE);
  assert.deepEqual(problems, []);
}

/** What must not change while the reader works. */
async function whatTheReaderHas(page: Page) {
  const ticked = "[...document.querySelectorAll('tbody input:checked')].map(({ value }) => value)";
  return {
    isSamePage: await page.evaluate<boolean>("document.body.hasAttribute('data-not-reloaded')"),
    scrollY: await page.evaluate<number>("Math.round(scrollY)"),
    focus: await page.evaluate<string>("document.activeElement.textContent"),
    selection: await page.evaluate<string>("String(getSelection())"),
    ticked: await page.evaluate<string[]>(ticked),
  };
}

async function legalButtons({ system, page, problems }: Stage) {
  await clear(system);
  await addOneOfEach(system);
  await page.goto(system.manager);
  for (const status of STATUSES) {
    const row = rowOf(page, `data/files/${status.toLowerCase()}.txt`);
    assert.equal(await row.locator(".badge").first().innerText(), status);
    const legal = OPERATOR_VERBS.filter((verb) => isLegal(verb, status)).map((verb) => BUTTON[verb]);
    assert.deepEqual(await buttonsOf(row), legal, status);
  }
  assert.match(await rowOf(page, "silent.txt").innerText(), /Stalled/);
  await page.getByRole("link", { name: /^Stalled/ }).click();
  await page.locator("tbody tr").filter({ hasNotText: "silent.txt" }).first().waitFor({
    state: "detached",
  });
  assert.equal(await page.locator("tbody tr").count(), 1);

  await page.getByRole("link", { name: /^FAILED/ }).click();
  await rowOf(page, "failed.txt").getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Job canceled.").waitFor(LIVE);
  await page.mouse.move(0, 0);
  await page.getByText("There are no FAILED jobs.").waitFor(LIVE);
  assert.equal((await system.job("data/files/failed.txt")).status, "CANCELED");
  assert.match(page.url(), /\/\?status=FAILED$/);

  await page.goto(`${system.manager}/job?id=data%2Ffiles%2Ffailed.txt`);
  await sql(system, "UPDATE jobs SET status = 'PENDING' WHERE id = 'data/files/failed.txt';");
  await page.locator("h1 + div .badge", { hasText: "PENDING" }).waitFor(LIVE);
  assert.deepEqual(problems, []);
}

async function removedJob({ system, page, problems }: Stage) {
  await clear(system);
  await addWaiting(system, ["data/files/a.txt"]);
  await page.goto(`${system.manager}/job?id=data%2Ffiles%2Fa.txt`);
  await page.evaluate("document.body.setAttribute('data-not-reloaded', '')");
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  await clear(system);
  await page.getByText("Removed: this was its last state").waitFor(LIVE);
  assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "data/files/a.txt");
  assert.equal(await page.getByRole("button", { name: "Cancel" }).count(), 0);

  await addWaiting(system, ["data/files/a.txt"]);
  await page.getByRole("button", { name: "Cancel" }).waitFor(LIVE);
  assert.equal(await page.getByText("Removed").count(), 0);
  assert.ok(await page.evaluate("document.body.hasAttribute('data-not-reloaded')"));
  await assertAskedSeldom({ system, page });

  // The browser reports each response that is no success.
  await page.goto(system.manager);
  assert.deepEqual(problems.splice(0).filter((problem) => !/status of 404/.test(problem)), []);
}

/** Of a job that runs the page asks every second, but not any more when it is removed. */
async function assertAskedSeldom({ system, page }: Pick<Stage, "system" | "page">) {
  await sql(system, `UPDATE jobs SET status = 'PROCESSING', last_heartbeat = ${Date.now()};`);
  await page.locator("h1 + div .badge", { hasText: "PROCESSING" }).waitFor(LIVE);
  await clear(system);
  await page.getByText("Removed: this was its last state").waitFor(LIVE);
  let asked = 0;
  const countAsked = (request: { url(): string }) => void (request.url().includes("/view/job") && asked++);
  page.on("request", countAsked);
  await page.waitForTimeout(4_000);
  page.off("request", countAsked);
  assert.ok(asked <= 2, `${asked} requests in 4 s`);
}

async function addresses({ system, page, problems }: Stage) {
  await clear(system);
  await addWaiting(system, many(120));
  await page.goto(system.manager);
  assert.equal(await page.locator("tbody tr").count(), 50);
  await page.getByRole("link", { name: "Older" }).click();
  await rowOf(page, "many-020").waitFor();
  assert.equal(await rowOf(page, "many-119").count(), 0);
  await page.goBack();
  await rowOf(page, "many-119").waitFor();

  await page.keyboard.press("/");
  await page.keyboard.type("many-11");
  await rowOf(page, "many-109").waitFor({ state: "detached" });
  assert.equal(await page.locator("tbody tr").count(), 10);
  assert.equal(new URL(page.url()).search, "?q=many-11");
  await page.reload();
  assert.equal(await page.locator("tbody tr").count(), 10);
  assert.equal(await page.getByLabel("Part of the id").inputValue(), "many-11");

  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  assert.equal(await rowOf(page, "many-118").getByRole("checkbox").isChecked(), true);
  await page.getByRole("button", { name: "Cancel selected" }).click();
  await rowOf(page, "many-118").filter({ hasText: "CANCELED" }).waitFor(LIVE);

  await page.getByRole("link", { name: "Cancel all that match…" }).click();
  await page.getByRole("button", { name: "Cancel 9 jobs" }).click();
  await page.getByText("Canceled 9 jobs.").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("q"), "many-11");
  const { counts } = await (await system.api("stats")).json();
  assert.deepEqual([counts.CANCELED, counts.PENDING], [10, 110]);
  assert.deepEqual(problems, []);
}

async function choicesOfTime({ system, page, problems }: Stage) {
  await clear(system);
  await addWaiting(system, ["data/files/late.txt", "data/files/unhandled.txt"]);
  const unhandled = `UPDATE jobs SET kind = 'webhook', run_at = 1 WHERE id = 'data/files/unhandled.txt'`;
  await sql(system, unhandled);
  await page.goto(`${system.manager}/?status=PENDING`);
  await rowOf(page, "unhandled").filter({ hasText: "no handler" }).waitFor();
  await page.getByLabel("Due").selectOption("Scheduled");
  await rowOf(page, "unhandled").waitFor({ state: "detached" });
  await rowOf(page, "late").waitFor();
  await page.getByText("1 job found · in the order they will run").waitFor();
  await page.getByRole("link", { name: "PENDING 2" }).click();
  await rowOf(page, "unhandled").waitFor();
  assert.equal(await page.getByLabel("Due").inputValue(), "");

  await sql(system, `UPDATE jobs SET updated_at = 1 WHERE id = 'data/files/late.txt'`);
  await page.getByLabel("Changed").selectOption("Changed in 15 min");
  await rowOf(page, "late").waitFor({ state: "detached" });
  await page.goBack();
  assert.deepEqual(problems, []);
}

async function reconnecting({ system, page, context }: Stage) {
  await clear(system);
  await addWaiting(system, ["data/files/a.txt"]);
  await page.goto(system.manager);
  await rowOf(page, "a.txt").waitFor();
  await context.setOffline(true);
  await page.getByText("Reconnecting…").waitFor();
  await page.getByText(/What you see is \d/).waitFor();
  await addWaiting(system, ["data/files/b.txt"]);
  assert.equal(await rowOf(page, "b.txt").count(), 0);
  await context.setOffline(false);
  await rowOf(page, "b.txt").waitFor();
  await eventually("the note goes", async () => await page.getByText("Reconnecting…").count() === 0);
  assert.equal(await page.getByText(/What you see is/).count(), 0);
}

async function standStill({ system, page, context }: Stage) {
  await clear(system);
  await addOneOfEach(system);
  await sql(
    system,
    `UPDATE jobs SET run_at = 0, started_at = ${Date.now() - 3_000} WHERE status = 'PROCESSING';`,
  );
  await page.goto(`${system.manager}/job?id=data/files/processing.txt`);
  await page.getByText("Now", { exact: true }).waitFor();
  const took = page.locator(".facts div", { hasText: "Took" }).locator("dd");
  await context.setOffline(true);
  await page.getByText("As last known").waitFor();
  const known = await took.innerText();
  await page.getByText(/What you see is [3-9](?:\.\d)? s old/).waitFor();
  assert.equal(await took.innerText(), known);
  assert.equal(await page.getByText("Now", { exact: true }).count(), 0);
  await context.setOffline(false);
  await page.getByText("Now", { exact: true }).waitFor();
}
