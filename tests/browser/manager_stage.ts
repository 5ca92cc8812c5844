/** The Manager with jobs that stay as they are, seen by a visitor with a session. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { STATUSES } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { type RunningSystem, runSystem, urlOf } from "../support/processes/running_system.ts";
import { editByHand } from "../support/queue/hand_edit.ts";

const FAR = Date.UTC(2090, 0, 1);

/** Nothing is claimed, swept or retried while a test looks. */
const ENV = { SWEEP_MS: "60000", STALL_MS: "600000", WORK_MS: "0" };

export interface Stage extends AsyncDisposable {
  readonly system: RunningSystem;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Problems that the page reported: errors, refused scripts and styles, dialogs. */
  readonly problems: string[];
}

export interface StageOptions {
  readonly system: RunningSystem;
  readonly look?: BrowserContextOptions;
  /** The visitor whose session is used, from another window. */
  readonly as?: Stage;
}

export function managerSystem(env: Record<string, string> = {}): Promise<RunningSystem> {
  return runSystem({ env: { ...ENV, ...env } });
}

/** A visitor in front of a browser, with a session. */
export async function onStage(browser: Browser, { system, look = {}, as }: StageOptions): Promise<Stage> {
  const known = as === undefined ? {} : { storageState: await as.context.storageState() };
  const context = await browser.newContext({ ...look, ...known });
  const page = await context.newPage();
  // What a script does is quick. How fast a page comes is measured elsewhere, on a machine that does nothing else.
  page.setDefaultTimeout(5_000);
  page.setDefaultNavigationTimeout(30_000);
  const problems = watch(page);
  await page.goto(system.manager);
  if (as === undefined) await logIn(page, system);
  return { system, page, context, problems, [Symbol.asyncDispose]: () => context.close() };
}

async function logIn(page: Page, { manager }: RunningSystem): Promise<void> {
  await page.getByLabel("Password").fill("admin123");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${manager}/`);
}

function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => problems.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  return problems;
}

/** Adds jobs that no consumer will claim. */
export async function addWaiting(system: RunningSystem, ids: readonly string[]): Promise<void> {
  const response = await system.api("jobs", ids.map((id) => ({ id, run_at: FAR })));
  const text = await response.text();
  if (!response.ok) throw new Error(`The jobs were not added: ${text}`);
}

/** One job of each status, `data/files/failed.txt` and so on, and a stalled one; made by hand, as people may. */
export async function addOneOfEach(system: RunningSystem): Promise<void> {
  const names = STATUSES.map((status) => status.toLowerCase());
  await addWaiting(system, [...names, "silent"].map((name) => `data/files/${name}.txt`));
  const running = "consumer_id = '00000000-0000-4000-8000-000000000000'";
  await sql(
    system,
    [
      ...STATUSES.map((status) =>
        `UPDATE jobs SET status = '${status}' WHERE id = 'data/files/${status.toLowerCase()}.txt';`
      ),
      `UPDATE jobs SET ${running}, last_heartbeat = ${Date.now()} WHERE status = 'PROCESSING';`,
      `UPDATE jobs SET status = 'PROCESSING', ${running}, last_heartbeat = 1 WHERE id = 'data/files/silent.txt';`,
    ].join("\n"),
  );
  await eventually(
    "the edits are seen",
    async () => (await system.job("data/files/silent.txt")).stalled === true,
  );
}

/** An empty queue again. */
export async function clear(system: RunningSystem): Promise<void> {
  await sql(system, "DELETE FROM jobs; DELETE FROM history;");
}

export async function sql(system: RunningSystem, statements: string): Promise<void> {
  await editByHand(urlOf(system), statements);
}

export function rowOf(page: Page, id: string): Locator {
  return page.locator("tbody tr", { hasText: id });
}

/** The texts of the buttons of a row. */
export async function buttonsOf(row: Locator): Promise<string[]> {
  return (await row.getByRole("button").allInnerTexts()).map((text) => text.trim());
}
