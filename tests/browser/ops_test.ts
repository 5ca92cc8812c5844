/** The Ops page in a real browser, before the real system. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { BACKEND } from "../support/backend.ts";
import { browserTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem, urlOf } from "../support/processes/running_system.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { opsViolations } from "./ops_violations.ts";

/** What the browser complains of, such as errors of scripts or of the content policy. */
function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") heard.push(message.text());
  });
  return heard;
}

function countOf(page: Page, status: string, jobs: number): Locator {
  return page.locator(`[data-status=${status}] .count-number`, { hasText: new RegExp(`^${jobs}$`) });
}

function cell(row: Locator, label: string, text: string): Locator {
  return row.locator(`td[data-label="${label}"]`, { hasText: text });
}

browserTest("counts and a consumer's job change on the page without a reload", async (browser) => {
  await using system = await runSystem({ command: "supervise", env: { CONSUMERS: "1", WORK_MS: "2500" } });
  const page = await browser.newPage();
  const heard = complaints(page);
  let loads = 0;
  page.on("load", () => loads++);
  await page.goto(system.ops);
  assert.equal(await page.title(), "Ops · Persistent Queue");
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "All is well" }).waitFor();
  const consumer = page.locator("tr[data-slot='1']");
  await cell(consumer, "State", "idle").waitFor();

  const [id] = await Promise.all([addFile(system, "first.txt"), addFile(system, "second.txt")]);
  await countOf(page, "PENDING", 1).waitFor();
  await countOf(page, "PROCESSING", 1).waitFor();
  await cell(consumer, "State", "working").waitFor();
  await cell(consumer, "Job", "data/files/").waitFor();
  await countOf(page, "COMPLETED", 2).waitFor();
  await cell(consumer, "Attempts", "2").waitFor();
  await cell(consumer, "State", "idle").waitFor();
  await page.getByRole("img", { name: /added 2 .*; completed 2 / }).waitFor();

  if (BACKEND !== "redis") {
    await editByHand(urlOf(system), `UPDATE jobs SET status='FAILED' WHERE id='${id}'`);
    await countOf(page, "FAILED", 1).waitFor({ timeout: 2000 });
  }
  assert.equal(loads, 1);
  assert.deepEqual(heard, []);
});

browserTest("a consumer that falls silent is marked, and a warning names it", async (browser) => {
  await using system = await runSystem({ command: "supervise", env: { STALL_MS: "30000" } });
  const page = await browser.newPage();
  await page.goto(system.ops);
  const { consumers } = await (await system.api("stats")).json();
  const response = await system.api(`consumers/${consumers[1].id}/hang`, {});
  await response.body?.cancel();

  await page.getByRole("heading", { name: "One warning" }).waitFor();
  await page.getByRole("listitem").filter({ hasText: /^Consumer 2 has fallen silent\. After 30 s / })
    .waitFor();
  assert.equal(
    await page.getByRole("status").textContent(),
    "Consumer 2 has fallen silent. After 30 s without a heartbeat its job is stalled and goes to another.",
  );
  await cell(page.locator("tr.silent[data-slot='2']"), "State", "silent").waitFor();
  assert.equal(await page.locator("tr.silent").count(), 1);
  assert.deepEqual(await opsViolations(page), []);
});

browserTest(
  "the page says when the system is gone, and catches up when it is back on its port",
  async (browser) => {
    await using system = await runSystem({ env: { STALL_MS: "30000" } });
    const page = await browser.newPage();
    await page.goto(system.ops);
    const id = await addFile(system, "kept.txt");
    await countOf(page, "COMPLETED", 1).waitFor();
    const consumer = page.locator("tr[data-slot='1'] td[data-label='Consumer']");
    const before = await consumer.textContent();
    const { consumers } = await (await system.api("stats")).json();
    const hang = await system.api(`consumers/${consumers[1].id}/hang`, {});
    await hang.body?.cancel();
    await page.getByRole("heading", { name: "One warning" }).waitFor();

    Deno.kill(system.supervisorPid(), "SIGKILL");
    await page.getByText(/^Reconnecting… What you see is .* old\.$/).waitFor();
    await page.getByRole("heading", { name: "Unknown: the connection is lost" }).waitFor();
    await page.getByRole("listitem").filter({ hasText: /^Last known: / }).first().waitFor();
    assert.equal(await page.locator("tr.silent").count(), 1, "the one that hung, and no other");
    if (BACKEND !== "redis") {
      await editByHand(urlOf(system), `UPDATE jobs SET status='CANCELED' WHERE id='${id}'`);
      await countOf(page, "CANCELED", 1).waitFor();
    }
    await page.getByText("Live", { exact: true }).waitFor();
    assert.equal(await page.getByText("Reconnecting").count(), 0);
    // A server may take the one that was killed for a silent host, for some seconds.
    const isAlone = async () => await consumer.count() === 1;
    await eventually("the one that is back is shown alone", isAlone, { withinMs: 20_000 });
    assert.notEqual(await consumer.textContent(), before);
  },
);

browserTest(
  "without JavaScript the page is complete, and stays current by reloading itself",
  async (browser) => {
    await using system = await runSystem({ command: "supervise" });
    const id = await addFile(system, "plain.txt");
    await system.until(id, "COMPLETED");
    const page = await browser.newPage({ javaScriptEnabled: false });
    await page.goto(system.ops);
    await page.locator("noscript p:visible").waitFor();
    const loads = page.waitForEvent("load", { timeout: 8000 });
    await page.getByText("As of").waitFor();
    await page.getByRole("heading", { name: "All is well" }).waitFor();
    await countOf(page, "COMPLETED", 1).waitFor();
    for (const name of ["Slot", "Job", "Heartbeat", "Restarts"]) {
      await page.getByRole("columnheader", { name }).waitFor();
    }
    assert.equal(await page.locator("tr[data-slot]").count(), 2);
    await addFile(system, "another.txt");
    await loads;
    await countOf(page, "COMPLETED", 2).waitFor();
  },
);

browserTest(
  "every reader can read it: axe finds nothing, and a phone never scrolls sideways",
  async (browser) => {
    await using system = await runSystem({
      command: "supervise",
      env: { WORK_MS: "60000", CONSUMERS: "10" },
    });
    const long = await addFile(system, `${"a-long-name-".repeat(12)}.txt`);
    const missing = await system.api("jobs", { id: "data/files/missing.txt" });
    await missing.body?.cancel();
    const page = await browser.newPage();
    await page.goto(system.ops);
    await page.getByText("Live", { exact: true }).waitFor();
    await countOf(page, "UNPROCESSABLE", 1).waitFor();
    await page.getByRole("listitem").filter({ hasText: "data/files/missing.txt given up" }).waitFor();
    assert.deepEqual(await opsViolations(page), []);

    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), 360);
    const ids =
      `[...document.querySelectorAll("td[data-label=Consumer]")].every((cell) => cell.clientHeight < 30)`;
    assert.equal(await page.evaluate<boolean>(ids), true, "no consumer's id is broken");
    assert.deepEqual(await opsViolations(page), []);
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 740 });
      assert.equal(await page.evaluate<number>("document.documentElement.scrollWidth"), width);
    }
    const why = page.locator("details", { hasText: "Longest wait" });
    await why.getByText("How long the next job to run has been due.").waitFor({ state: "hidden" });
    await why.locator("summary").focus();
    await page.keyboard.press("Enter");
    await why.getByText("How long the next job to run has been due.").waitFor();
    const canceled = await system.api("jobs/cancel", { ids: [long] });
    await canceled.body?.cancel();
  },
);
