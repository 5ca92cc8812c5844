/** Other requests are served while one has much to do. */
import assert from "node:assert/strict";
import { serve } from "@persistent-queue/ui";
import { openPages } from "./open_pages.ts";

Deno.test("probes are answered while thousands of jobs are canceled, and not only at the end", async () => {
  await using pages = await openPages();
  const later = Date.now() + 3_600_000;
  await pages.queue.add(
    Array.from({ length: 6_000 }, (_, i) => ({ id: `job-${i}`, kind: "mail", runAt: later })),
  );
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  try {
    let isMoving = true;
    const moving = pages.queue.moveAll("cancel", {}, { by: "test" }).finally(() => isMoving = false);
    let answered = 0;
    for (; isMoving; answered++) await (await fetch(`${served.url}/live`)).text();
    assert.equal(await moving, 6_000);
    // One in a few pages of 200 jobs; without a rest there were one or two.
    assert.ok(answered >= 6, `${answered} probes were answered`);
  } finally {
    await served.close();
  }
});
