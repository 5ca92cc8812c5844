/** The links between the two pages: to an address that certainly reaches the other page, or none. */
import assert from "node:assert/strict";
import type { AppOptions } from "@persistent-queue/ui";
import { type Ask, openPages, PASSWORD } from "./open_pages.ts";

/** Where the Manager's header leads for Ops. */
async function linkFor(ask: Ask, options: Partial<AppOptions> = {}): Promise<string | null> {
  await using pages = await openPages({ otherPort: 8502, ...options });
  const body = new URLSearchParams({ password: PASSWORD });
  const login = await pages.ask("/login", { ...ask, method: "POST", body });
  await login.body?.cancel();
  const cookie = login.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  const page = await (await pages.ask("/", { ...ask, headers: { cookie, ...ask.headers } })).text();
  return /<a href="([^"]*)">Ops<\/a>/.exec(page)?.[1] ?? null;
}

Deno.test("the link to the other page keeps the host name that the visitor used", async () => {
  assert.equal(await linkFor({ authority: "localhost:8501" }), "http://localhost:8502");
  assert.equal(await linkFor({ authority: "127.0.0.1:8501" }), "http://127.0.0.1:8502");
  assert.equal(await linkFor({ authority: "[::1]:8501" }), "http://[::1]:8502");
});

Deno.test("behind a proxy, through a mapped port, or without a known port, no link is guessed", async () => {
  assert.equal(await linkFor({ authority: "localhost" }), null);
  assert.equal(await linkFor({ authority: "[::1]" }), null);
  assert.equal(await linkFor({ authority: "localhost:9000" }), null);
  assert.equal(await linkFor({ authority: "localhost:18501" }), null);
  assert.equal(await linkFor({ authority: "localhost:8501" }, { otherPort: undefined }), null);
});

Deno.test("a visitor behind a proxy that shows itself gets no link to a port of this machine", async () => {
  for (const headers of [{ "x-forwarded-proto": "https" }, { via: "1.1 proxy" }]) {
    assert.equal(await linkFor({ headers }), null);
  }
  assert.equal(await linkFor({}, { trustedProxies: ["127.0.0.1"] }), null);
});

Deno.test("the public address of the other page is linked for every visitor", async () => {
  const otherPublicUrl = "https://queue.example.com/ops";
  for (const ask of [{}, { headers: { "x-forwarded-proto": "https" } }, { authority: "localhost:9000" }]) {
    assert.equal(await linkFor(ask, { otherPublicUrl }), otherPublicUrl);
  }
});
