/** Text travels compressed, and streams of events do not. */
import assert from "node:assert/strict";
import { openPages } from "./open_pages.ts";

Deno.test("pages, scripts and lists are compressed for clients that accept it, and for no others", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  await pages.queue.add(Array.from({ length: 50 }, (_, i) => ({ id: `job ${i}`, kind: "mail" })));
  for (const path of ["/", "/view/list", "/static/manager.js", "/api/jobs", "/api/jobs.csv"]) {
    const plain = await pages.ask(path, { headers: { cookie } });
    assert.equal(plain.headers.get("content-encoding"), null, path);
    const packed = await pages.ask(path, { headers: { cookie, "accept-encoding": "gzip" } });
    assert.equal(packed.headers.get("content-encoding"), "gzip", path);
    const [large, small] = [(await plain.bytes()).length, (await packed.bytes()).length];
    assert.ok(small < large / 2, `${path}: ${small} of ${large}`);
  }
});

Deno.test("a stream of events is not compressed: it would be held back", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn(), "accept-encoding": "gzip" };
  const response = await pages.ask("/events", { headers });
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(response.headers.get("content-encoding"), null);
  await response.body?.cancel();
});

Deno.test("a compressed script is asked for anew only when it has changed", async () => {
  await using pages = await openPages();
  const first = await pages.ask("/static/manager.js", { headers: { "accept-encoding": "gzip" } });
  await first.body?.cancel();
  const headers = { "accept-encoding": "gzip", "if-none-match": first.headers.get("etag") ?? "" };
  assert.equal((await pages.ask("/static/manager.js", { headers })).status, 304);
});
