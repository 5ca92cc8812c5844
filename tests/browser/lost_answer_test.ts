/** What a person reads whose action got no proper answer. */
import assert from "node:assert/strict";
import type { Page, Route } from "playwright-core";
import { StorageError } from "@persistent-queue/queue";
import { serve } from "@persistent-queue/ui";
import { browserTest } from "../support/browser.ts";
import { openPages, PASSWORD } from "../ui/open_pages.ts";

const PATIENCE = { timeout: 10_000 };

browserTest(
  "an action whose answer is lost, or that failed, is not said to be undone although it was done",
  async (browser, t) => {
    await using pages = await openPages();
    await pages.queue.add([{ id: "a", kind: "mail" }, { id: "b", kind: "mail" }]);
    const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X" });
    await served.ready;
    const context = await browser.newContext();
    await context.request.post(`${served.url}/login`, { form: { password: PASSWORD } });
    const page = await context.newPage();
    try {
      await page.goto(served.url);
      await t.step("the answer is lost", async () => {
        await cancel(page, "a", async (route) => {
          await route.fetch();
          await route.abort();
        });
        await page.getByText(/It is not known whether this was done: the answer of the server/).waitFor(
          PATIENCE,
        );
        assert.equal((await pages.queue.get("a")).job.status, "CANCELED");
      });
      await t.step("the server says why it failed", async () => {
        const { move } = pages.queue;
        pages.queue.move = () =>
          Promise.reject(new StorageError("PostgreSQL cannot be reached.", { passing: true }));
        await cancel(page, "b", (route) => route.continue());
        await page.getByText(/It is not known whether this was done: PostgreSQL cannot be reached/).waitFor(
          PATIENCE,
        );
        pages.queue.move = move;
      });
      await t.step("a program in between answers instead of the server", async () => {
        await cancel(page, "b", (route) => route.fulfill({ status: 502, body: "<h1>Bad gateway</h1>" }));
        await page.getByText(/It is not known .*: the server answered with 502/).waitFor(PATIENCE);
      });
      await t.step("a request that is refused was not done", async () => {
        await cancel(
          page,
          "b",
          (route) =>
            route.continue({ headers: { ...route.request().headers(), "content-type": "text/plain" } }),
        );
        await page.getByText(/This was not done: Send this as a form/).waitFor(PATIENCE);
        assert.equal((await pages.queue.get("b")).job.status, "PENDING");
      });
    } finally {
      await context.close();
      await served.close();
    }
  },
);

/** Presses the button of this row; `answer` decides what becomes of the request. */
async function cancel(page: Page, id: string, answer: (route: Route) => Promise<void>): Promise<void> {
  await page.route("**/cancel?*", answer);
  const sent = page.waitForEvent("request", (request) => request.method() === "POST");
  await page.locator(`tbody tr[data-id=${id}]`).getByRole("button", { name: "Cancel" }).click();
  await sent;
  await page.locator("[aria-disabled=true]").waitFor({ state: "detached" });
  await page.unroute("**/cancel?*");
}
