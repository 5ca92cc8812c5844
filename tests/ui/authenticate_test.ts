import assert from "node:assert/strict";
import { StorageError } from "@persistent-queue/queue";
import { Throttle } from "@persistent-queue/ui";
import { type Case, judged, type Line, LINES, OUTSIDE, prepare } from "./every_route.ts";
import { type Ask, openPages, PASSWORD, type TestPages, TOKEN } from "./open_pages.ts";

const MINUTE = 60_000;

async function statusOf(pages: TestPages, path: string, init: Ask = {}): Promise<number> {
  const response = await pages.ask(path, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("a page that refreshes itself does not keep its session alive", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ now: () => clock.now });
  const headers = { cookie: await pages.logIn() };
  for (const minutes of [10, 20, 29]) {
    clock.now = 1_000_000 + minutes * MINUTE;
    for (const path of ["/view/list", "/api/stats", "/events"]) {
      assert.equal(await statusOf(pages, path, { headers }), 200, `${path} after ${minutes} minutes`);
    }
  }
  clock.now = 1_000_000 + 30 * MINUTE;
  assert.equal(await statusOf(pages, "/view/list", { headers }), 303);
});

Deno.test("Ops without JavaScript, which reloads itself, does not keep its session alive", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ now: () => clock.now });
  const headers = { cookie: await pages.logInToOps() };
  const page = await (await pages.askOps("/", { headers })).text();
  const [, address = ""] = /<meta http-equiv="refresh" content="\d+; url=([^"]*)"/.exec(page) ?? [];
  const reload = async () => {
    const { pathname, search } = new URL(address, "http://127.0.0.1:8501/");
    const response = await pages.askOps(pathname + search, { headers });
    await response.body?.cancel();
    return [response.status, response.headers.get("location")];
  };
  for (const minutes of [10, 20, 29]) {
    clock.now = 1_000_000 + minutes * MINUTE;
    assert.deepEqual(await reload(), [200, null], `after ${minutes} minutes`);
  }
  clock.now = 1_000_000 + 30 * MINUTE;
  assert.deepEqual(await reload(), [303, "/login"], "and the login leads to the page itself");
});

Deno.test("a page that reloads itself while the storage is away does not keep its session alive", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ now: () => clock.now });
  const headers = { cookie: await pages.logIn() };
  const { queue } = pages;
  const { list } = queue;
  queue.list = () => Promise.reject(new StorageError("It is locked.", { passing: true }));
  for (const minutes of [10, 20, 29]) {
    clock.now = 1_000_000 + minutes * MINUTE;
    const response = await pages.ask("/", { headers });
    await response.body?.cancel();
    assert.deepEqual([response.status, response.headers.get("refresh")], [503, "3"]);
  }
  clock.now = 1_000_000 + 30 * MINUTE;
  assert.equal(await statusOf(pages, "/", { headers }), 303);
  queue.list = list;
  assert.equal(await statusOf(pages, "/", { headers }), 303);
});

Deno.test("a page that a person loads, and a form that a person sends, keep the session alive", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ now: () => clock.now });
  const headers = { cookie: await pages.logIn() };
  clock.now += 29 * MINUTE;
  assert.equal(await statusOf(pages, "/", { headers }), 200);
  clock.now += 29 * MINUTE;
  const form = new URLSearchParams({ kind: "mail" });
  assert.equal(await statusOf(pages, "/add", { method: "POST", headers, body: form }), 303);
  clock.now += 29 * MINUTE;
  assert.equal(await statusOf(pages, "/view/list", { headers }), 200);
});

Deno.test("a planted cookie of the same name does not lock a person out", async () => {
  await using pages = await openPages();
  const cookie = `pq_manager_8501=planted; pq_manager_8501=%zz; ${await pages.logIn()}`;
  assert.equal(await statusOf(pages, "/", { headers: { cookie } }), 200);
  assert.equal(await statusOf(pages, "/logout", { method: "POST", headers: { cookie } }), 303);
  assert.equal(await statusOf(pages, "/", { headers: { cookie } }), 303, "the logout ends all of them");
});

Deno.test("guessing the token is slowed down and reported once a minute; scripts with the right token go on", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ now: () => clock.now });
  const ask = (token: string, peer: string) =>
    statusOf(pages, "/api/stats", { peer, headers: { authorization: `Bearer ${token}` } });
  assert.equal(await ask(TOKEN, "10.0.0.1"), 200);
  const statuses = [];
  for (let i = 0; i < 100; i++) statuses.push(await ask(`guess ${i}`, "10.0.0.1"));
  assert.deepEqual(statuses.filter((status) => status === 401).length, 4);
  assert.deepEqual(statuses.slice(4).every((status) => status === 429), true);
  assert.deepEqual(pages.warnings, [
    "Wrong passwords or tokens from 10.0.0.1: 4 so far, now slowed down",
  ]);
  assert.equal(await ask(TOKEN, "10.0.0.1"), 200, "its token was right before");
  const begun = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => ask(TOKEN, "10.0.0.1")));
  assert.ok(
    performance.now() - begun > 900,
    "a right guess would look the same, so those are slowed down too",
  );
  for (let i = 0; i < 4; i++) await ask("guess", "10.0.0.2");
  assert.equal(await ask(TOKEN, "10.0.0.2"), 429, "a guess that is right has to wait like any other");
  clock.now += MINUTE;
  assert.equal(await ask(TOKEN, "10.0.0.2"), 200);
  for (let i = 0; i < 6; i++) await ask("guess", "10.0.0.1");
  assert.equal(pages.warnings.length, 3);
});

Deno.test("a script with an old token does not lock out the person beside it", async () => {
  await using pages = await openPages();
  for (let i = 0; i < 50; i++) {
    await statusOf(pages, "/api/stats", { headers: { authorization: "Bearer old" } });
  }
  const body = new URLSearchParams({ password: PASSWORD });
  assert.equal(await statusOf(pages, "/login", { method: "POST", body }), 303);
});

Deno.test("a client that guesses the password at one server has to wait at the other as well", async () => {
  const now = () => 1_000_000;
  await using pages = await openPages({ host: "0.0.0.0", now, throttle: new Throttle({ now }) });
  const wrong = { method: "POST", body: new URLSearchParams({ password: "wrong" }) };
  for (let i = 0; i < 4; i++) assert.equal(await statusOf(pages, "/login", wrong), 401);
  const response = await pages.askOps("/login", wrong);
  await response.body?.cancel();
  assert.equal(response.status, 429);
});

const bearer = (token: string): Ask => ({ headers: { authorization: `Bearer ${token}` } });
const cookies = (cookie: string): Ask => ({ headers: { cookie } });

/** The login redirects visitors who are logged in already. */
const withSession = (line: Line) => {
  if (line.server !== "manager") return shownOut(line);
  return line.route === "GET /login" ? 303 : "good";
};
const shownOut = ({ access }: Line) =>
  access === "probe" || access === "open" ? "good" : access === "page" ? 303 : 401;

Deno.test("each route of both servers lets in exactly the visitors that it should", async () => {
  const clock = { now: 1_000_000 };
  await using pages = await openPages({ ...OUTSIDE, now: () => clock.now });
  await prepare(pages);
  const expired = await pages.logIn();
  clock.now += 31 * MINUTE;
  const ended = await pages.logIn();
  await pages.ask("/logout", { method: "POST", headers: { cookie: ended } });
  const session = await pages.logIn();
  const value = session.slice(session.indexOf("=") + 1);
  const before = await pages.queue.stats();
  const nobody: [what: string, ask: Ask][] = [
    ["nobody", {}],
    ["a forged session", cookies(`pq_manager_8501=${"A".repeat(43)}; pq_ops_8501=${"A".repeat(43)}`)],
    ["a session that is one letter longer", cookies(`pq_manager_8501=${value}A; pq_ops_8501=${value}A`)],
    ["a session that has expired", cookies(expired)],
    ["a session that was logged out", cookies(ended)],
    ["a session under another name", cookies(`PQ_MANAGER=${value}; pq-manager=${value}; session=${value}`)],
    ["an empty session", cookies("pq_manager_8501=; pq_ops_8501=")],
    ["the password, as Basic", { headers: { authorization: `Basic ${btoa(":correct horse")}` } }],
    ["the token, as Basic", { headers: { authorization: `Basic ${btoa(TOKEN)}` } }],
    ["the token without its word", { headers: { authorization: TOKEN } }],
    ["the token as a cookie", cookies(`pq_manager_8501=${TOKEN}; pq_ops_8501=${TOKEN}`)],
    ["a wrong token", bearer("wrong")],
    ["an empty token", bearer("")],
    ["a token that is one letter longer", bearer(`${TOKEN}x`)],
    ["a token that is one letter shorter", bearer(TOKEN.slice(0, -1))],
  ];
  const right: Case = {
    what: "the token",
    ask: bearer(TOKEN),
    wanted: (line) => line.access === "page" ? 303 : "good",
  };
  const wrong = await judged(pages, LINES.filter(({ route }) => route !== "POST /logout"), [
    ...nobody.map(([what, ask]) => ({ what, ask, wanted: shownOut })),
    right,
    {
      what: "a session, beside a token that is meant for a proxy",
      ask: { headers: { cookie: session, authorization: "Bearer wrong" } },
      wanted: withSession,
    },
    {
      what: "a session of the Manager",
      ask: cookies(session),
      wanted: (line) =>
        line.server === "manager" ? line.route === "GET /login" ? 303 : "good" : shownOut(line),
    },
  ]);
  assert.deepEqual(wrong, []);
  assert.deepEqual((await pages.queue.stats()).counts, before.counts);
  assert.deepEqual(pages.provoked.filter((what) => !what.endsWith(" none")), []);
  assert.deepEqual(pages.faults, []);
});

Deno.test("a token that is meant for a proxy does not count as a guess beside a valid session", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn(), authorization: "Bearer of-the-proxy" };
  for (let i = 0; i < 10; i++) {
    for (const path of ["/", "/api/stats", "/api/jobs", "/events", "/view/list"]) {
      assert.equal(await statusOf(pages, path, { headers }), 200, path);
    }
  }
  const authorization = `Bearer ${TOKEN}`;
  assert.equal(
    await statusOf(pages, "/api/stats", { headers: { authorization } }),
    200,
    "nothing was counted",
  );
});

Deno.test("a wrong token is ignored at addresses that take none", async () => {
  await using pages = await openPages();
  const headers = { authorization: "Bearer of-the-proxy" };
  for (let i = 0; i < 10; i++) {
    assert.equal(await statusOf(pages, "/", { headers }), 303);
    assert.equal(await statusOf(pages, "/login", { headers }), 200);
    assert.equal(await statusOf(pages, "/healthz", { headers }), 200);
  }
  const right = { authorization: `Bearer ${TOKEN}` };
  assert.equal(await statusOf(pages, "/api/stats", { headers: right }), 200, "nothing was counted");
});
