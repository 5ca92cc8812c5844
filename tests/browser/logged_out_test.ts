/** What a reader sees whose session ends while a page is open. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { serve } from "@persistent-queue/ui";
import { browserTest } from "../support/browser.ts";
import { openPages, PASSWORD, type TestPages } from "../ui/open_pages.ts";

const ID = "data/files/a.txt";

browserTest("a session ends while its page is open", async (browser, t) => {
  await t.step(
    "the Manager shows nothing any more, leads the reader nowhere, and comes back with a login",
    async () => {
      await using reader = await readerOf(browser, "manager");
      await managerOver(reader);
    },
  );
  await t.step("the page says that an action in an ended session was not done", async () => {
    await using reader = await readerOf(browser, "manager");
    await moveOver(reader);
  });
  await t.step("Ops says that the session is over, too", async () => {
    await using reader = await readerOf(browser, "ops");
    await opsOver(reader);
  });
});

interface Reader extends AsyncDisposable {
  readonly pages: TestPages;
  readonly page: Page;
  readonly address: string;
  /** In another window. */
  logOut(): Promise<void>;
  logIn(): Promise<void>;
}

async function managerOver({ page, address, logOut, logIn }: Reader): Promise<void> {
  await page.goto(`${address}/?q=a.txt`);
  await remember(page);
  await page.locator("tbody tr").waitFor();
  await logOut();
  await page.getByRole("heading", { name: "You are logged out" }).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 0);
  assert.ok(await isRemembered(page), "the page has not gone anywhere by itself");

  await logIn();
  await page.locator("tbody tr").waitFor();
  assert.ok(await isRemembered(page), "it came back by itself");

  await logOut();
  await page.getByRole("link", { name: "Log in and come back here" }).click();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${address}/?q=a.txt`);
  await page.locator("tbody tr").waitFor();
}

async function moveOver({ pages, page, address, logOut }: Reader): Promise<void> {
  await page.goto(address);
  // The page does not know it yet when the reader clicks.
  await page.route(/view|events/, (route) => route.abort());
  await page.reload();
  await logOut();
  await page.getByRole("button", { name: "Cancel" }).first().click();
  await page.getByText("This was not done").waitFor();
  await page.unroute(/view|events/);
  await page.getByRole("heading", { name: "You are logged out" }).waitFor();
  assert.equal((await pages.queue.get(ID))?.job.status, "PENDING");
}

async function opsOver({ page, address, logOut, logIn }: Reader): Promise<void> {
  await page.goto(address);
  await remember(page);
  await page.getByText("Live", { exact: true }).waitFor();
  await logOut();
  await page.getByRole("heading", { name: "You are logged out" }).waitFor();
  assert.equal(await page.locator("[data-status]").count(), 0);
  await logIn();
  await page.getByText("Live", { exact: true }).waitFor();
  assert.ok(await isRemembered(page));
}

/** A visitor with a session. */
async function readerOf(browser: Browser, which: "manager" | "ops"): Promise<Reader> {
  // Ops asks for a login only where others could reach it.
  const pages = await openPages({ host: "0.0.0.0" });
  await pages.queue.add([{ id: ID, kind: "file" }]);
  const served = serve({ app: pages[which], hostname: "127.0.0.1", port: 0, setting: "X" });
  await served.ready;
  const context = await browser.newContext();
  context.setDefaultTimeout(10_000);
  const address = served.url;
  const form = { password: PASSWORD };
  const logIn = async () => void await context.request.post(`${address}/login`, { form });
  const logOut = async () => {
    await context.request.post(`${address}/logout`);
    // The stream of an ended session ends with its next event.
    await pages.queue.add([{ kind: "mail" }]);
  };
  await logIn();
  return {
    page: await context.newPage(),
    ...{ pages, address, logIn, logOut },
    async [Symbol.asyncDispose]() {
      await context.close();
      await served.close();
      await pages[Symbol.asyncDispose]();
      assert.deepEqual(pages.faults, []);
    },
  };
}

/** A new document would know nothing of it. */
async function remember(page: Page): Promise<void> {
  await page.evaluate("document.body.setAttribute('data-not-reloaded', '')");
}

async function isRemembered(page: Page): Promise<boolean> {
  return await page.evaluate<boolean>("document.body.hasAttribute('data-not-reloaded')");
}
