/** What a reader of the Manager sees while the storage is away, and when it is back. */
import assert from "node:assert/strict";
import { browserTest } from "../support/browser.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { onStage } from "./manager_stage.ts";

const why = whyNoRedis();
const PATIENCE = { timeout: 10_000 };

if (why !== null) console.log(`SKIPPED: ${why}, so no page of the Manager loses its storage`);
else {
  browserTest(
    "open pages of the Manager say that the storage is away, and go on when it is back",
    async (browser) => {
      await using server = await redisServer();
      await using system = await runSystem({ command: "supervise", env: { QUEUE_URL: server.url() } });
      await using stage = await onStage(browser, { system });
      const { page: list, context } = stage;
      await system.api("jobs", { id: "a" }).then((response) => response.body?.cancel());
      const job = await context.newPage();
      await job.goto(`${system.manager}/job?id=a`);
      const fresh = await context.newPage();
      await list.locator("tbody tr").waitFor(PATIENCE);
      await server.crash(async () => {
        for (const page of [list, job]) {
          await page.locator(".warnings summary", { hasText: "Redis cannot be reached" }).waitFor(PATIENCE);
        }
        await fresh.goto(system.manager);
        await fresh.getByRole("heading", { name: "Out of order" }).waitFor(PATIENCE);
        assert.equal(await list.locator("tbody tr").count(), 1, "what was known is still shown");
      });
      for (const page of [list, job, fresh]) {
        await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
        // The next event says that all is well.
        await page.locator(".warnings").waitFor({ state: "detached", ...PATIENCE });
      }
    },
  );
}
