import assert from "node:assert/strict";
import { unprotected } from "./every_route.ts";
import { type Desk, openDesk, TOKEN } from "./open_desk.ts";

/** Answers of every kind; each is made anew, and let go of by whoever asked. */
async function answersOf(desk: Desk): Promise<Record<string, Response>> {
  const json = { "content-type": "application/json", authorization: `Bearer ${TOKEN}` };
  const post = (body: string, headers = json) => desk.ask("/api/jobs", { method: "POST", headers, body });
  const etag = (await desk.ask("/static/app.css")).headers.get("etag") ?? "";
  const cookie = await desk.logInToOps();
  const guess = () => desk.ask("/api/jobs", { peer: "10.0.0.1", headers: { authorization: "Bearer guess" } });
  for (let i = 0; i < 4; i++) await guess();
  return {
    "200 a page": await desk.ask("/login"),
    "200 an answer of the API": await desk.api("/api/jobs"),
    "200 a file for a spreadsheet": await desk.api("/api/jobs.csv"),
    "200 a stream": await desk.askOps("/events", { headers: { authorization: `Bearer ${TOKEN}` } }),
    "200 health": await desk.ask("/healthz"),
    "200 Ops": await desk.askOps("/", { headers: { cookie } }),
    "200 metrics": await desk.askOps("/metrics", { headers: { authorization: `Bearer ${TOKEN}` } }),
    "200 only the head": await desk.api("/api/jobs.csv"),
    "201 a job": await post('{"id":"a","kind":"mail"}'),
    "303 a redirect": await desk.ask("/"),
    "304 nothing new": await desk.ask("/static/app.css", { headers: { "if-none-match": etag } }),
    "400 a bad body": await post("{"),
    "400 a bad host": await desk.ask("/", { headers: { host: "[::1" } }),
    "401 not logged in": await desk.ask("/api/jobs"),
    "403 a strange host": await desk.ask("/", { authority: "evil.example" }),
    "403 another site": await desk.ask("/login", {
      method: "POST",
      headers: { "sec-fetch-site": "cross-site" },
    }),
    "404 not found": await desk.api("/api/nothing"),
    "404 no such page": await desk.ask("/static/nothing"),
    "405 a wrong method": await desk.api("/api/sweep"),
    "409 refused": await desk.api("/api/jobs/resubmit", { ids: ["a"] }),
    "413 too large": await post(JSON.stringify("x".repeat(1_100_000))),
    "415 a wrong type": await post("{}", { ...json, "content-type": "text/plain" }),
    "429 too many guesses": await guess(),
  };
}

Deno.test("every kind of answer carries the security headers", async () => {
  await using desk = await openDesk();
  for (const [what, answer] of Object.entries(await answersOf(desk))) {
    await answer.body?.cancel();
    assert.equal(answer.status, Number(what.slice(0, 3)), what);
    assert.deepEqual(
      unprotected(answer.headers, { path: what.startsWith("304") ? "/static/" : "/" }),
      [],
      what,
    );
    const policy = what.includes(" host") ? "same-origin" : "no-referrer";
    assert.equal(answer.headers.get("referrer-policy"), policy, what);
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
  assert.deepEqual(unprotected(answer.headers, { path: "/healthz" }), []);
  const text = await answer.text();
  assert.equal(JSON.parse(text).error.code, "internal");
  assert.doesNotMatch(text, /secret|at .*\.ts|stack/);
  assert.equal(desk.faults.length, 1);
});
