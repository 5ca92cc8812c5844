/**
 * The walk of the README, step by step, as its reader does it: a real browser, the real system with its guard, real
 * files, edits by hand, and the logs that people grep. The retries take the real 1, 2 and 4 seconds.
 */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { BACKEND } from "../support/backend.ts";
import { browserTest } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { isOfClaim } from "../support/queue/claims.ts";
import { addFile, type RunningSystem, runSystem, urlOf } from "../support/processes/running_system.ts";
import { editByHand } from "../support/queue/hand_edit.ts";

const ENV = {
  ...{ CONSUMERS: "10", WORK_MS: "3000", PRODUCER_INTERVAL_MS: "1000", RETRY_DELAYS_MS: "1000,2000,4000" },
  ...{ HEARTBEAT_MS: "200", SWEEP_MS: "500", STALL_MS: "3000" },
};

browserTest("the seven steps of the README's walk do what it says", async (browser) => {
  await using system = await runSystem({ env: ENV });
  const page = await (await browser.newContext()).newPage();
  const problems = watchFor(page);
  await logIn(page, system);
  await step1(page, system);
  const id = await step2(page, system);
  await step3(page, system, id);
  // Redis is not meant for edits by hand.
  if (BACKEND !== "redis") await step4(page, system, id);
  await step5(page, system, id);
  await step6(page, system);
  await step7(page, system);
  assert.deepEqual(problems, []);
});

async function logIn(page: Page, { manager }: RunningSystem): Promise<void> {
  await page.goto(manager);
  await page.getByLabel(/password/i).fill("admin123");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${manager}/`);
}

/** Watch a job of the producer go from PENDING over PROCESSING to COMPLETED, without a reload. */
async function step1(page: Page, system: RunningSystem): Promise<void> {
  const row = page.locator("tbody tr", { hasText: "PROCESSING" }).first();
  await row.waitFor();
  const id = await idOf(row);
  assert.match(id, /^data\/files\/[0-9a-f-]{36}\.txt$/);
  const job = rowOf(page, id);
  await job.getByRole("button", { name: "Cancel" }).waitFor();
  const before = (await system.job(id)).last_heartbeat;
  await eventually("its heartbeat moves", async () => (await system.job(id)).last_heartbeat !== before);
  await job.filter({ hasText: "COMPLETED" }).waitFor();
  assert.equal(await job.getByRole("button", { name: /Cancel|Resubmit/ }).count(), 0);
  await inLogs(system, "consumer_", `Dequeued job_id: ${id}`);
  await inLogs(system, "consumer_", "Heartbeat sent");
  await inLogs(system, "consumer_", `Completed job_id: ${id}`);
  await inLogs(system, "producer.log", `Enqueued job_id: ${id}`);
  const text = await Deno.readTextFile(`${system.folder}/${id}`);
  const [, lease] = /Z stamped by [0-9a-f-]{36}, lease (\d+)\n$/.exec(text) ?? [];
  assert.ok(isOfClaim(1, Number(lease)), text);
}

/** Delete the file of a job that runs: its retries climb, and its status stays. */
async function step2(page: Page, system: RunningSystem): Promise<string> {
  const id = await addFile(system, "walk.txt");
  await page.goto(`${system.manager}/?q=walk`);
  await rowOf(page, id).filter({ hasText: "PROCESSING" }).waitFor();
  const deletedAt = performance.now();
  await Deno.remove(`${system.folder}/${id}`);
  for (const [retries, withinMs] of [[1, 2_000], [2, 3_500], [3, 6_000]] as const) {
    const job = await eventually(`retries is ${retries}`, async () => {
      const job = await system.job(id);
      return job.retries === retries ? job : null;
    }, { withinMs: withinMs + performance.now() - deletedAt });
    assert.equal(job.status, "PROCESSING");
    await rowOf(page, id).locator("td", { hasText: new RegExp(`^${retries}$`) }).waitFor();
    await inLogs(
      system,
      "consumer_",
      `Attempt ${retries}/3 failed for ${id}: `,
      `Retrying in ${2 ** (retries - 1)}s`,
    );
  }
  return id;
}

async function step3(page: Page, system: RunningSystem, id: string): Promise<void> {
  const job = await system.until(id, "UNPROCESSABLE", 8_000);
  assert.equal(job.retries, 3);
  const row = rowOf(page, id).filter({ hasText: "UNPROCESSABLE" });
  await row.getByRole("button", { name: "Cancel" }).waitFor();
  await row.getByRole("button", { name: "Resubmit" }).waitFor();
  await inLogs(system, "consumer_", "Max retries reached, marked failed");
  await inLogs(system, "consumer_", `Marked job_id failed: ${id}`);
}

/** Edit the database by hand: both pages show it within two seconds, counts included. */
async function step4(page: Page, system: RunningSystem, id: string): Promise<void> {
  const ops = await page.context().newPage();
  await ops.goto(system.ops);
  await editByHand(
    urlOf(system),
    `UPDATE jobs SET status='FAILED', retries=1 WHERE id='${id}';`,
  );
  const timeout = 2_000;
  await rowOf(page, id).filter({ hasText: "FAILED" }).waitFor({ timeout });
  await rowOf(page, id).locator("td", { hasText: /^1$/ }).waitFor({ timeout });
  await eventually("Ops counts it", async () => /FAILED\s*1\b/.test(await ops.locator("main").innerText()), {
    withinMs: timeout,
  });
  await rowOf(page, id).getByRole("button", { name: "Resubmit" }).waitFor();
  await rowOf(page, id).getByRole("button", { name: "Cancel" }).waitFor();
  await ops.close();
}

async function step5(page: Page, system: RunningSystem, id: string): Promise<void> {
  await Deno.writeTextFile(`${system.folder}/${id}`, "it is back\n");
  await rowOf(page, id).getByRole("button", { name: "Resubmit" }).click();
  await rowOf(page, id).filter({ hasText: "COMPLETED" }).waitFor();
  // What was FAILED by hand keeps its retries, what used them up begins anew.
  assert.equal((await system.job(id)).retries, BACKEND === "redis" ? 0 : 1);
  assert.match(page.url(), /q=walk/);
  await inLogs(system, "jobqueue.log", `Resubmitted job_id: ${id}`);
}

async function step6(page: Page, system: RunningSystem): Promise<void> {
  // The pointer rests where Resubmit was, and rows hold still under it.
  await page.mouse.move(0, 0);
  const id = await addFile(system, "walk-cancel.txt");
  const row = rowOf(page, id);
  await row.filter({ hasText: "PROCESSING" }).waitFor();
  await row.getByRole("button", { name: "Cancel" }).click();
  await row.filter({ hasText: "CANCELED" }).waitFor();
  assert.equal((await system.job(id)).status, "CANCELED");
  await inLogs(system, "jobqueue.log", `Canceled job_id: ${id}`);
}

/** Crash the consumer of a job: another one has it at once. Hang the next: the sweep finds it. */
async function step7(page: Page, system: RunningSystem): Promise<void> {
  const id = await addFile(system, "walk-crash.txt");
  for (const how of ["Crash", "Hang"]) {
    const before = await eventually("it runs", async () => {
      const job = await system.job(id);
      return job.status === "PROCESSING" ? job : null;
    });
    await page.goto(`${system.manager}/consumers`);
    const consumer = page.locator("tr", { hasText: String(before.consumer_id).slice(0, 8) });
    await consumer.getByRole("button", { name: how }).click();
    await page.getByRole("button", { name: new RegExp(`^${how} consumer`) }).click();
    const after = await eventually("another consumer has it", async () => {
      const job = await system.job(id);
      return job.status === "PROCESSING" && job.consumer_id !== before.consumer_id ? job : null;
    }, { withinMs: 10_000 });
    assert.ok(Number(after.lease) > Number(before.lease));
    await inLogs(system, "jobqueue.log", `Restarted consumer ${before.consumer_id}: `);
  }
  await system.until(id, "COMPLETED");
  await inLogs(system, "jobqueue.log", "Checked and requeued stalled jobs");
}

function rowOf(page: Page, id: string): Locator {
  return page.locator("tbody tr", { hasText: id });
}

async function idOf(row: Locator): Promise<string> {
  const href = await row.locator("a[href*='/job?']").first().getAttribute("href");
  return new URL(href ?? "", "http://x").searchParams.get("id") ?? "";
}

/** Waits for a line that holds all of these, in a log whose name begins so. */
async function inLogs(system: RunningSystem, name: string, ...texts: string[]): Promise<void> {
  const dir = `${system.folder}/logs`;
  await eventually(
    `${name} says ${texts.join(" … ")}`,
    () =>
      [...Deno.readDirSync(dir)].filter((file) => file.name.startsWith(name)).some((file) =>
        Deno.readTextFileSync(`${dir}/${file.name}`).split("\n").some((line) =>
          texts.every((text) => line.includes(text))
        )
      ),
  );
}

/** Any problem that the page reports. */
function watchFor(page: Page): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return problems;
}
