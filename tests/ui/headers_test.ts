import assert from "node:assert/strict";
import { unprotected } from "./every_route.ts";
import { openPages, type TestPages, TOKEN } from "./open_pages.ts";

/** Responses of every kind; each is made anew, and the caller discards its body. */
async function answersOf(pages: TestPages): Promise<Record<string, Response>> {
  const json = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };
  const post = (body: string, headers = json) => pages.ask("/api/jobs", { method: "POST", headers, body });
  const etag = (await pages.ask("/static/app.css")).headers.get("etag") ?? "";
  const cookie = await pages.logInToOps();
  const guess = () =>
    pages.ask("/api/jobs", { peer: "10.0.0.1", headers: { authorization: "Bearer guess" } });
  for (let i = 0; i < 4; i++) await guess();
  return {
    "200 a page": await pages.ask("/login"),
    "200 an response of the API": await pages.api("/api/jobs"),
    "200 a file for a spreadsheet": await pages.api("/api/jobs.csv"),
    "200 a stream": await pages.askOps("/events", { headers: { authorization: `Bearer ${TOKEN}` } }),
    "200 health": await pages.ask("/healthz"),
    "200 Ops": await pages.askOps("/", { headers: { cookie } }),
    "200 metrics": await pages.askOps("/metrics", { headers: { authorization: `Bearer ${TOKEN}` } }),
    "200 only the head": await pages.api("/api/jobs.csv"),
    "201 a job": await post('{"id":"a","kind":"mail"}'),
    "303 a redirect": await pages.ask("/"),
    "304 nothing new": await pages.ask("/static/app.css", { headers: { "if-none-match": etag } }),
    "400 a bad body": await post("{"),
    "400 a bad host": await pages.ask("/", { headers: { host: "[::1" } }),
    "401 not logged in": await pages.ask("/api/jobs"),
    "403 a strange host": await pages.ask("/", { authority: "evil.example" }),
    "403 another site": await pages.ask("/login", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
    }),
    "404 not found": await pages.api("/api/nothing"),
    "404 no such page": await pages.ask("/static/nothing"),
    "405 a wrong method": await pages.api("/api/sweep"),
    "409 refused": await pages.api("/api/jobs/resubmit", { ids: ["a"] }),
    "413 too large": await post(JSON.stringify("x".repeat(1_100_000))),
    "415 a wrong type": await post("{}", { ...json, "content-type": "text/plain" }),
    "429 too many guesses": await guess(),
  };
}

Deno.test("every kind of response carries the security headers", async () => {
  await using pages = await openPages();
  for (const [what, response] of Object.entries(await answersOf(pages))) {
    await response.body?.cancel();
    assert.equal(response.status, Number(what.slice(0, 3)), what);
    assert.deepEqual(
      unprotected(response.headers, { path: what.startsWith("304") ? "/static/" : "/" }),
      [],
      what,
    );
    const policy = what.includes(" host") ? "same-origin" : "no-referrer";
    assert.equal(response.headers.get("referrer-policy"), policy, what);
  }
});

Deno.test("where browsers send no Sec-Fetch-Site, our own forms send their origin", async () => {
  await using pages = await openPages({ host: "192.168.1.5" });
  const response = await pages.ask("/login", { authority: "192.168.1.5:8501" });
  await response.body?.cancel();
  assert.equal(response.headers.get("referrer-policy"), "same-origin");
});

Deno.test("an unexpected error is a 500 without its message, which goes to the log", async () => {
  await using pages = await openPages({
    system: {
      view() {
        throw new Error("secret: /etc/passwd");
      },
      sweep: () => Promise.resolve(0),
      injectFault: () => false,
    },
  });
  const response = await pages.ask("/healthz");
  assert.equal(response.status, 500);
  assert.deepEqual(unprotected(response.headers, { path: "/healthz" }), []);
  const text = await response.text();
  assert.equal(JSON.parse(text).error.code, "internal");
  assert.doesNotMatch(text, /secret|at .*\.ts|stack/);
  assert.equal(pages.faults.length, 1);
});
