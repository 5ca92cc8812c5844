import assert from "node:assert/strict";
import { type Case, judged, type Line, LINES, prepare } from "./every_route.ts";
import { openPages, TOKEN } from "./open_pages.ts";

const OWN = "http://127.0.0.1:8501";
const CASES: [what: string, headers: Record<string, string>, allowed: boolean][] = [
  ["neither header, as curl does it", {}, true],
  ["the same origin", { "sec-fetch-site": "same-origin" }, true],
  ["the same origin, which hides its name", { "sec-fetch-site": "same-origin", origin: "null" }, true],
  ["the person at the browser", { "sec-fetch-site": "none" }, true],
  ["another site", { "sec-fetch-site": "cross-site" }, false],
  ["another site that claims our origin", { "sec-fetch-site": "cross-site", origin: OWN }, false],
  ["another port of this host", { "sec-fetch-site": "same-site" }, false],
  ["another port of this host, by its name", {
    "sec-fetch-site": "same-site",
    origin: "http://127.0.0.1:8502",
  }, false],
  ["rubbish", { "sec-fetch-site": "rubbish" }, false],
  ["nearly the right word", { "sec-fetch-site": "Same-Origin" }, false],
  ["two words", { "sec-fetch-site": "same-origin, none" }, false],
  ["no word", { "sec-fetch-site": "" }, false],
  ["an old browser on our page", { origin: OWN }, true],
  ["an old browser on our page behind a proxy with TLS", { origin: "https://127.0.0.1:8501" }, true],
  ["an old browser elsewhere", { origin: "https://evil.example" }, false],
  ["an old browser on another port", { origin: "http://127.0.0.1:8502" }, false],
  ["an old browser under another name of ours", { origin: "http://localhost:8501" }, false],
  ["a sandbox", { origin: "null" }, false],
  ["an empty origin", { origin: "" }, false],
  ["an address that begins like ours", { origin: `${OWN}.evil.example` }, false],
  ["an address that ends like ours", { origin: "http://evil.example/127.0.0.1:8501" }, false],
  ["ours as a user name", { origin: "http://127.0.0.1:8501@evil.example" }, false],
  ["another scheme", { origin: "ftp://127.0.0.1:8501" }, false],
  ["an extension", { origin: "chrome-extension://127.0.0.1:8501" }, false],
];

/** What changes something, and what takes a place for as long as it is open. */
function isGuarded({ route }: Line): boolean {
  return route.startsWith("POST ") || route === "GET /events";
}

Deno.test("changes are accepted from our own pages and from scripts, and from nowhere else", async () => {
  await using pages = await openPages();
  await prepare(pages);
  const cookie = `${await pages.logIn()}; ${await pages.logInToOps()}`;
  const before = (await pages.queue.stats()).counts;
  const lines = LINES.filter(({ route }) => route !== "GET /login");
  const cases = CASES.map(([what, headers, allowed]): Case => ({
    what,
    // A logout from our own page would end the session of all the others.
    ask: { headers: { cookie, host: "127.0.0.1:8501", ...headers } },
    wanted: (line) => allowed || !isGuarded(line) ? "good" : 403,
  }));
  const isLogout = ({ route }: Line) => route === "POST /logout";
  assert.deepEqual(await judged(pages, lines.filter((line) => !isLogout(line)), cases), []);
  assert.deepEqual((await pages.queue.stats()).counts, before);
  const forged = cases.map((one) => ({
    ...one,
    ask: { headers: { ...one.ask.headers, cookie: "pq_manager_8501=none" } },
  }));
  assert.deepEqual(await judged(pages, lines.filter(isLogout), forged), []);
  assert.deepEqual(pages.faults, []);
});

Deno.test("a token is no way around: a page of another site cannot use it either", async () => {
  await using pages = await openPages();
  for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }]) {
    const response = await pages.ask("/api/jobs", {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: '{"id":"a","kind":"mail"}',
    });
    assert.equal((await response.json()).error.code, "cross_site");
  }
  assert.equal((await pages.queue.stats()).counts.PENDING, 0);
});

Deno.test("with an https PUBLIC_URL, a page that was loaded over plain HTTP is not ours", async () => {
  await using pages = await openPages({ publicUrl: "https://queue.example.com" });
  const statusFor = async (origin: string, host: string) => {
    const response = await pages.ask("/api/jobs", {
      method: "POST",
      authority: host,
      headers: { origin, host, authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: '{"id":"a","kind":"mail"}',
    });
    await response.body?.cancel();
    return response.status;
  };
  for (const host of ["queue.example.com", "queue.example.com.", "127.0.0.1:8501"]) {
    assert.equal(await statusFor("http://queue.example.com", host), 403, host);
    assert.equal(await statusFor("http://queue.example.com.", host), 403, host);
    assert(await statusFor("https://queue.example.com", host) < 300, host);
    assert(await statusFor("https://queue.example.com.", host) < 300, host);
  }
  assert(await statusFor("http://127.0.0.1:8501", "127.0.0.1:8501") < 300);
});

Deno.test("a form of another site that passes for JSON is refused, and JSON that passes for a form too", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  const statusOf = async (path: string, type: string | null, body: string) => {
    const headers = { cookie, ...(type === null ? {} : { "content-type": type }) };
    const response = await pages.ask(path, { method: "POST", headers, body: new TextEncoder().encode(body) });
    await response.body?.cancel();
    return response.status;
  };
  const json = '{"id":"a","kind":"mail"}';
  const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""];
  const nearly = [
    "application/json;x=text/plain",
    "text/plain;application/json",
    "application/json, text/plain",
  ];
  for (const type of [null, ...types, ...nearly, "application/jsonx", "application/csp-report"]) {
    assert.equal(await statusOf("/api/jobs", type, json), 415, String(type));
  }
  for (
    const type of ["application/json", "Application/JSON; charset=utf-8", 'application/json;charset="utf-8"']
  ) {
    assert.equal(await statusOf("/api/jobs", type, json) < 300, true, type);
  }
  for (
    const path of LINES.filter(({ form, access }) => form !== undefined && access === "page").map((
      { path },
    ) => path)
  ) {
    for (const type of [null, "text/plain", "application/json", "multipart/form-data; boundary=x"]) {
      assert.equal(await statusOf(path, type, "id=a"), 415, `${path} ${type}`);
    }
  }
});

Deno.test("nothing is changed by GET", async () => {
  await using pages = await openPages();
  for (const path of ["/api/jobs/resubmit?ids=a", "/api/jobs/cancel?ids=a"]) {
    const response = await pages.api(path);
    assert.equal(response.status, 404);
    assert.equal((await response.json()).error.code, "unknown_job");
  }
  for (const path of ["/logout", "/api/consumers/x/crash"]) {
    const response = await pages.api(path);
    await response.body?.cancel();
    assert.ok([303, 405].includes(response.status), `${path} ${response.status}`);
  }
  assert.deepEqual(pages.provoked, []);
});

Deno.test("behind a proxy that changes Host our own pages are those of PUBLIC_URL", async () => {
  await using pages = await openPages({ publicUrl: "http://queue.example.com/jobs" });
  const statusFrom = async (origin: string) => {
    const body = new URLSearchParams({ password: "" });
    const response = await pages.ask("/login", { method: "POST", body, headers: { origin } });
    await response.body?.cancel();
    assert.equal(
      response.headers.get("referrer-policy"),
      "same-origin",
      "or the browser would not name its origin",
    );
    return response.status;
  };
  assert.equal(await statusFrom("http://queue.example.com"), 401);
  for (
    const origin of ["http://example.com", "https://queue.example.com", "http://queue.example.com:81", "null"]
  ) {
    assert.equal(await statusFrom(origin), 403, origin);
  }
});
