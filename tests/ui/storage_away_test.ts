/** What a page says whose storage is away, and what it does then. */
import assert from "node:assert/strict";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { openPages } from "./open_pages.ts";

const why = whyNoRedis();

Deno.test({
  name: `a page that cannot be filled because the storage is away reloads by itself${
    why === null ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== null,
  fn: async () => {
    await using server = await redisServer({}, { isDurable: false });
    await using pages = await openPages({}, { url: server.url() });
    const headers = { cookie: await pages.logIn() };
    await server.end();
    for (const path of ["/", "/job?id=a", "/?status=FAILED"]) {
      const response = await pages.ask(path, { headers });
      assert.deepEqual([response.status, response.headers.get("refresh")], [503, "3"], path);
      assert.match(await response.text(), /Redis cannot be reached.*This page reloads by itself\./);
    }
    const form = { method: "POST", body: new URLSearchParams({ id: "a" }), headers };
    const posted = await pages.ask("/cancel", form);
    assert.deepEqual([posted.status, posted.headers.get("refresh")], [503, null], "a form is not sent again");
    assert.doesNotMatch(await posted.text(), /reloads by itself/);
    const byScript = await pages.api("/api/jobs");
    assert.deepEqual([byScript.status, byScript.headers.get("refresh")], [503, null]);
    await byScript.body?.cancel();
  },
});

Deno.test("a page that does not exist does not reload by itself", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  const response = await pages.ask("/job?id=nowhere", { headers });
  assert.deepEqual([response.status, response.headers.get("refresh")], [404, null]);
  await response.body?.cancel();
});
