import assert from "node:assert/strict";
import { openPages } from "./open_pages.ts";

const FILES = {
  "app.css": "text/css; charset=utf-8",
  "manager.js": "text/javascript; charset=utf-8",
  "ops.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml; charset=utf-8",
};

Deno.test("styles, scripts and the icon are served on both ports, without a login", async (t) => {
  await using pages = await openPages();
  for (const [name, type] of Object.entries(FILES)) {
    await t.step(name, async () => {
      for (const ask of [pages.ask, pages.askOps]) {
        const response = await ask(`/static/${name}`);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get("content-type"), type);
        assert.equal(
          await response.text(),
          await Deno.readTextFile(new URL(`../../ui/static/${name}`, import.meta.url)),
        );
        assert.equal(response.headers.get("cache-control"), "no-cache");
        const etag = response.headers.get("etag") ?? "";
        const again = await ask(`/static/${name}`, { headers: { "if-none-match": etag } });
        assert.deepEqual([again.status, await again.text()], [304, ""]);
      }
    });
  }
});

Deno.test("no other file can be reached", async () => {
  await using pages = await openPages();
  const paths = [
    "..%2fapp.ts",
    "%2e%2e/app.ts",
    "..%5capp.ts",
    "constructor",
    "app.css%00",
    "app.css/",
    "",
    "%2Fetc%2Fpasswd",
  ];
  for (const path of paths) {
    const response = await pages.ask(`/static/${path}`);
    await response.body?.cancel();
    assert.ok([404, 303].includes(response.status), `${path} ${response.status}`);
  }
});
