import assert from "node:assert/strict";
import { openDesk } from "./open_desk.ts";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

Deno.test("every answer carries the security headers, errors and redirects included", async () => {
  await using desk = await openDesk();
  const answers = {
    "a page": await desk.ask("/login"),
    "a redirect": await desk.ask("/"),
    "not logged in": await desk.ask("/api/jobs"),
    "an answer of the API": await desk.api("/api/jobs"),
    "not found": await desk.api("/api/nothing"),
    "a bad host": await desk.ask("/", { authority: "evil.example" }),
    "another site": await desk.ask("/login", { method: "POST", headers: { "sec-fetch-site": "cross-site" } }),
    "health": await desk.ask("/healthz"),
    "Ops": await desk.askOps("/"),
    "metrics": await desk.askOps("/metrics"),
  };
  for (const [what, answer] of Object.entries(answers)) {
    await answer.body?.cancel();
    const { headers } = answer;
    assert.equal(headers.get("content-security-policy"), CSP, what);
    assert.equal(headers.get("x-content-type-options"), "nosniff", what);
    assert.equal(headers.get("referrer-policy"), "no-referrer", what);
    assert.equal(headers.get("cross-origin-opener-policy"), "same-origin", what);
    assert.equal(headers.get("x-frame-options"), "DENY", what);
    assert.equal(headers.get("cache-control"), "no-store", what);
    assert.equal(headers.get("strict-transport-security"), null, what);
  }
});

Deno.test("where browsers send no Sec-Fetch-Site, our forms may tell us where they come from", async () => {
  await using desk = await openDesk({ host: "192.168.1.5" });
  const answer = await desk.ask("/login", { authority: "192.168.1.5:8501" });
  await answer.body?.cancel();
  assert.equal(answer.headers.get("referrer-policy"), "same-origin");
});

Deno.test("an error that nobody foresaw is a 500 without its words, and is told to the log", async () => {
  await using desk = await openDesk({
    system: {
      view() {
        throw new Error("secret: /etc/passwd");
      },
      sweep: () => Promise.resolve(0),
      provoke: () => false,
    },
  });
  const answer = await desk.ask("/healthz");
  assert.equal(answer.status, 500);
  const text = await answer.text();
  assert.equal(JSON.parse(text).error.code, "internal");
  assert.doesNotMatch(text, /secret|at .*\.ts|stack/);
  assert.equal(desk.faults.length, 1);
});
