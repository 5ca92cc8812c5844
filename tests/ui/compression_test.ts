/** Text travels compressed to clients that accept it, and each event as soon as it happens. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { serve } from "@persistent-queue/ui";
import { openPages, type TestPages, TOKEN } from "./open_pages.ts";
import { eventually } from "../support/eventually.ts";

const GZIP = { "accept-encoding": "gzip, deflate, br" };

async function addMails({ queue }: TestPages, count: number, payload: unknown = null): Promise<void> {
  await queue.add(Array.from({ length: count }, (_, i) => ({ id: `job ${i}`, kind: "mail", payload })));
}

Deno.test("pages, scripts and lists are compressed for clients that accept it, and for no others", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  await addMails(pages, 50);
  for (const path of ["/", "/view/list", "/static/manager.js", "/api/jobs", "/api/jobs.csv"]) {
    const plain = await pages.ask(path, { headers: { cookie } });
    assert.equal(plain.headers.get("content-encoding"), null, path);
    const packed = await pages.ask(path, { headers: { cookie, ...GZIP } });
    assert.equal(packed.headers.get("content-encoding"), "gzip", path);
    for (const { headers } of [plain, packed]) assert.equal(headers.get("vary"), "Accept-Encoding", path);
    const [whole, small] = [await plain.bytes(), await packed.bytes()];
    assert.ok(small.length < whole.length / 2, `${path}: ${small.length} of ${whole.length}`);
    const isFile = path.startsWith("/static/");
    if (isFile) assert.deepEqual(new Uint8Array(gunzipSync(small)), whole);
  }
});

Deno.test("the Content-Length of a response is that of its body, compressed or not, and the same for HEAD", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  await addMails(pages, 50);
  for (const headers of [{ cookie }, { cookie, ...GZIP }]) {
    for (const path of ["/add", "/static/manager.js", "/api/jobs?limit=1", "/api/jobs?q=nothing"]) {
      const response = await pages.ask(path, { headers });
      const length = response.headers.get("content-length");
      assert.equal(length, String((await response.bytes()).length), path);
      const head = await pages.ask(path, { method: "HEAD", headers });
      assert.equal(head.body, null);
      for (const name of ["content-length", "content-encoding", "vary", "etag"]) {
        assert.equal(head.headers.get(name), response.headers.get(name), `${path} ${name}`);
      }
    }
  }
});

Deno.test("a small body is left alone: compressed it would be larger", async () => {
  await using pages = await openPages();
  const headers = { authorization: `Bearer ${TOKEN}`, ...GZIP };
  const response = await pages.ask("/api/jobs?q=nothing", { headers });
  assert.equal(response.headers.get("content-encoding"), null);
  assert.deepEqual(await response.json(), { jobs: [], next: null });
});

Deno.test("a client that refuses gzip gets none", async () => {
  await using pages = await openPages();
  for (const refusal of ["gzip;q=0", "br", "identity", "*;q=0", "gzip;q=0, *"]) {
    const response = await pages.ask("/static/manager.js", { headers: { "accept-encoding": refusal } });
    assert.equal(response.headers.get("content-encoding"), null, refusal);
    await response.body?.cancel();
  }
});

Deno.test("a list of a megabyte is compressed in pieces, and arrives whole", async () => {
  await using pages = await openPages();
  await addMails(pages, 40, "x".repeat(20_000));
  const response = await pages.ask("/api/jobs?limit=50", {
    headers: { authorization: `Bearer ${TOKEN}`, ...GZIP },
  });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  assert.equal(response.headers.get("content-length"), null);
  const { jobs } = JSON.parse(gunzipSync(await response.bytes()).toString());
  assert.equal(jobs.length, 40);
  assert.ok(jobs.every(({ payload }: { payload: string }) => payload.length === 20_000));
});

Deno.test("a compressed stream holds no event back, and its place is free when the reader has gone", async () => {
  await using pages = await openPages();
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  try {
    const headers = { authorization: `Bearer ${TOKEN}`, ...GZIP };
    // More than there are places for, one after the other.
    for (let i = 0; i < 30; i++) {
      const abort = new AbortController();
      const response = await eventually("there is a place", async () => {
        const asked = await fetch(`${served.url}/events`, { headers, signal: abort.signal });
        if (asked.status === 200) return asked;
        await asked.body?.cancel();
        return null;
      });
      assert.equal(response.headers.get("content-type"), "text/event-stream");
      if (i === 0) await assertEachEventArrives(response, pages);
      abort.abort();
      await response.body?.cancel().catch(() => {});
    }
  } finally {
    await served.close();
  }
});

/** `fetch` unpacks what comes, as browsers do. */
async function assertEachEventArrives({ body }: Response, pages: TestPages): Promise<void> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let events = 1; events <= 3; events++) {
    const since = performance.now();
    while (text.split("\n\n").length <= events) text += (await reader?.read())?.value ?? "";
    assert.ok(performance.now() - since < 3_000, "without news the next event comes after 4.5 s");
    await pages.queue.add([{ id: `news ${events}`, kind: "mail" }]);
  }
  reader?.releaseLock();
}

Deno.test("a browser downloads a compressed script again only if it has changed", async () => {
  await using pages = await openPages();
  const first = await pages.ask("/static/manager.js", { headers: { "accept-encoding": "gzip" } });
  await first.body?.cancel();
  const headers = { "accept-encoding": "gzip", "if-none-match": first.headers.get("etag") ?? "" };
  const second = await pages.ask("/static/manager.js", { headers });
  assert.equal(second.status, 304);
  assert.equal(second.headers.get("vary"), "Accept-Encoding");
});
