import assert from "node:assert/strict";
import { safeNext } from "../../ui/auth/login.tsx";
import { OPEN_OPS, openPages, PASSWORD, TOKEN } from "./open_pages.ts";

function form(fields: Record<string, string>) {
  return { method: "POST", body: new URLSearchParams(fields) };
}

async function drained(response: Promise<Response>): Promise<Response> {
  const done = await response;
  await done.body?.cancel();
  return done;
}

Deno.test("a person can log in, work and log out", async (t) => {
  await using pages = await openPages();
  let cookie = "";
  const statusWith = async (cookie: string, path = "/api/stats") => {
    return (await drained(pages.ask(path, { headers: { cookie } }))).status;
  };

  await t.step("the right password gives a cookie, and leads to the list", async () => {
    const response = await drained(pages.ask("/login", form({ password: PASSWORD })));
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/");
    const [pair = "", ...attributes] = (response.headers.get("set-cookie") ?? "").split("; ");
    assert.match(pair, /^pq_manager_8501=[\w-]{43}$/);
    assert.deepEqual(attributes.sort(), ["HttpOnly", "Path=/", "SameSite=Strict"]);
    assert.equal(await statusWith(pair), 200);
    cookie = pair;
  });
  await t.step("a wrong password, an empty one and none get 401 and no cookie", async () => {
    for (const fields of [{ password: "wrong" }, { password: "" }, { other: PASSWORD }]) {
      const response = await drained(pages.ask("/login", form(fields)));
      assert.equal(response.status, 401);
      assert.equal(response.headers.get("set-cookie"), null);
    }
  });
  await t.step(
    "the login redirects to an own address, and to no other; over https the cookie is Secure",
    async () => {
      const headers = { "x-forwarded-proto": "https" };
      const body = form({ password: PASSWORD, next: "/job?id=a%2Fb" });
      const response = await drained(pages.ask("/login", { ...body, headers }));
      assert.equal(response.headers.get("location"), "/job?id=a%2Fb");
      assert.match(response.headers.get("set-cookie") ?? "", /; Secure/);
      const strangers = [
        "//e.example",
        "/\\e.example",
        "/\t/e.example",
        "http://e.example",
        "e",
        "",
        "/.//e.example",
      ];
      for (const next of [...strangers, "/login", "javascript:alert(1)"]) {
        assert.equal(safeNext(next), "/", next);
      }
    },
  );
  await t.step("a new login ends the session it replaces", async () => {
    const before = cookie;
    const headers = { cookie: before };
    const response = await drained(pages.ask("/login", { ...form({ password: PASSWORD }), headers }));
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
    assert.notEqual(cookie, before);
    assert.deepEqual([await statusWith(before), await statusWith(cookie)], [401, 200]);
  });
  await t.step("the history says who moved a job: a person, or a script with the token", async () => {
    await pages.queue.add([{ id: "a", kind: "mail" }, { id: "b", kind: "mail" }]);
    const who: string[] = [];
    pages.queue.subscribe((event) => event.type === "moved" && who.push(`${event.by} ${event.id}`));
    const headers = { cookie, "content-type": "application/json" };
    await drained(pages.ask("/api/jobs/cancel", { method: "POST", headers, body: '{"ids":["a"]}' }));
    await drained(pages.api("/api/jobs/cancel", { ids: ["b"] }));
    assert.deepEqual(who, ["manager from 127.0.0.1 a", "API token from 127.0.0.1 b"]);
  });
  await t.step("after the logout the cookie is worth nothing", async () => {
    assert.equal(await statusWith(cookie), 200);
    const response = await drained(pages.ask("/logout", { method: "POST", headers: { cookie } }));
    assert.equal(response.status, 303);
    assert.equal(await statusWith(cookie), 401);
  });
});

Deno.test("a visitor without a session is sent to the login, and scripts get 401", async (t) => {
  await using pages = await openPages();
  await t.step("a page leads to the login and back", async () => {
    assert.equal((await drained(pages.ask("/"))).headers.get("location"), "/login");
    const response = await drained(pages.ask("/job?id=a%2Fb"));
    assert.equal(response.status, 303);
    assert.equal(response.headers.get("location"), "/login?next=%2Fjob%3Fid%3Da%252Fb");
  });
  await t.step("the API and the events are JSON, 401", async () => {
    for (const path of ["/api/jobs", "/api/stats", "/api/nothing", "/events"]) {
      const response = await pages.ask(path);
      assert.equal(response.status, 401, path);
      assert.equal((await response.json()).error.code, "unauthorized");
    }
  });
  await t.step("changes are refused as well", async () => {
    for (const path of ["/api/jobs", "/api/jobs/cancel", "/api/consumers/x/crash"]) {
      assert.equal((await drained(pages.ask(path, { method: "POST", body: "{}" }))).status, 401, path);
    }
  });
  await t.step("a made-up cookie and a wrong token open nothing", async () => {
    for (
      const headers of [{ cookie: "pq_manager_8501=AAAA" }, { authorization: "Bearer no" }, {
        authorization: "Bearer ",
      }]
    ) {
      assert.equal((await drained(pages.ask("/api/jobs", { headers }))).status, 401);
    }
  });
  await t.step("the token opens the API, and no page", async () => {
    assert.equal((await drained(pages.api("/api/jobs"))).status, 200);
    assert.equal((await drained(pages.api("/"))).status, 303);
  });
});

Deno.test("without a token in the settings no token opens anything", async () => {
  await using pages = await openPages({ apiToken: null });
  for (const token of ["null", "", "undefined"]) {
    const response = await pages.ask("/api/jobs", { headers: { authorization: `Bearer ${token}` } });
    await response.body?.cancel();
    assert.equal(response.status, 401);
  }
});

Deno.test("guessing is slowed down with 429, and the right password works again after the wait", async () => {
  let now = 1_000_000;
  await using pages = await openPages({ now: () => now });
  const attempts = Array.from({ length: 6 }, () => drained(pages.ask("/login", form({ password: "wrong" }))));
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [401, 401, 401, 401, 429, 429], "even when they come all at once");
  const refused = await drained(pages.ask("/login", form({ password: PASSWORD })));
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal(refused.headers.get("set-cookie"), null);
  const other = await drained(pages.ask("/login", { ...form({ password: PASSWORD }), peer: "10.0.0.2" }));
  assert.equal(other.status, 303, "another address does not wait");
  now += 1000;
  assert.equal((await drained(pages.ask("/login", form({ password: PASSWORD })))).status, 303);
});

Deno.test("on an address other than loopback, Ops asks for the same password, and has a cookie of its own", async () => {
  await using pages = await openPages({ host: "192.168.1.5" });
  const authority = "192.168.1.5:8502";
  assert.equal((await drained(pages.askOps("/", { authority }))).status, 303);
  assert.equal((await drained(pages.askOps("/metrics", { authority }))).status, 401);
  assert.equal((await drained(pages.askOps("/healthz", { authority }))).status, 200);
  const response = await drained(pages.askOps("/login", { ...form({ password: PASSWORD }), authority }));
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  assert.match(cookie, /^pq_ops_8501=/);
  assert.equal((await drained(pages.askOps("/metrics", { authority, headers: { cookie } }))).status, 200);
});

Deno.test("a session begins only at the login, with a value that could not be known before", async () => {
  await using pages = await openPages();
  const planted = "A".repeat(43);
  const headers = { cookie: `pq_manager_8501=${planted}` };
  const first = await drained(pages.ask("/login", { ...form({ password: PASSWORD }), headers }));
  const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
  assert.notEqual(cookie, `pq_manager_8501=${planted}`);
  assert.equal(
    (await drained(pages.ask("/api/stats", { headers }))).status,
    401,
    "the planted one opens nothing",
  );
  assert.equal((await drained(pages.ask("/api/stats", { headers: { cookie } }))).status, 200);
  for (const path of [`/login?password=${encodeURIComponent(PASSWORD)}`, "/login?next=/job"]) {
    assert.equal((await drained(pages.ask(path))).headers.get("set-cookie"), null, path);
    const posted = await drained(pages.ask(path, form({ other: "x" })));
    assert.deepEqual([posted.status, posted.headers.get("set-cookie")], [401, null], path);
  }
});

Deno.test("the cookie is for this server alone, is not for scripts, and the logout takes it back", async () => {
  await using pages = await openPages();
  for (const [headers, isSecure] of [[{}, false], [{ "x-forwarded-proto": "https" }, true]] as const) {
    const given = await drained(pages.ask("/login", { ...form({ password: PASSWORD }), headers }));
    const taken = await drained(pages.ask("/logout", { method: "POST", headers }));
    const flags = ["HttpOnly", "Path=/", "SameSite=Strict", ...(isSecure ? ["Secure"] : [])];
    const flagsOf = (response: Response) =>
      (response.headers.get("set-cookie") ?? "").split("; ").slice(1).sort();
    assert.deepEqual(flagsOf(given), flags, "no Domain, and it ends with the browser");
    assert.deepEqual(flagsOf(taken), [...flags, "Max-Age=0"].sort());
  }
});

Deno.test("after eight hours a person has to log in again, however busy", async () => {
  let now = 1_000_000;
  await using pages = await openPages({ now: () => now });
  const headers = { cookie: await pages.logIn() };
  for (let minutes = 29; minutes < 480; minutes += 29) {
    now = 1_000_000 + minutes * 60_000;
    assert.equal((await drained(pages.ask("/consumers", { headers }))).status, 200, `${minutes} minutes`);
  }
  now = 1_000_000 + 480 * 60_000;
  assert.equal((await drained(pages.ask("/consumers", { headers }))).status, 303);
});

Deno.test("the wait doubles from a second to fifteen minutes, for that address alone, and ends", async () => {
  let now = 1_000_000;
  await using pages = await openPages({ now: () => now });
  const guess = async (token: string, peer: string, more: Record<string, string> = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...more };
    const response = await drained(pages.ask("/api/stats", { peer, headers }));
    return response.headers.get("retry-after") ?? response.status;
  };
  for (let i = 0; i < 4; i++) assert.equal(await guess("wrong", "10.0.0.1"), 401);
  const waits: unknown[] = [];
  for (let i = 0; i < 12; i++) {
    const wait = await guess(TOKEN, "10.0.0.1");
    waits.push(wait);
    assert.equal(
      await guess(TOKEN, "10.0.0.1", { "x-forwarded-for": `10.9.9.${i}` }),
      wait,
      "a claim to forward for another client is no way around",
    );
    assert.equal(await guess(TOKEN, "::ffff:10.0.0.1"), wait, "the same address in another notation");
    assert.equal(await guess("wrong", `10.0.1.${i}`), 401, "another address does not wait");
    now += Number(wait) * 1000;
    assert.equal(await guess("wrong", "10.0.0.1"), 401);
  }
  assert.deepEqual(waits, ["1", "2", "4", "8", "16", "32", "64", "128", "256", "512", "900", "900"]);
  now += 900_000;
  assert.equal(await guess(TOKEN, "10.0.0.1"), 200);
});

Deno.test("a password is compared whole: spaces, length and letters of any language count", async () => {
  await using pages = await openPages({ password: "pässword 密码 " });
  const statusOf = async (password: string, peer: string) => {
    return (await drained(pages.ask("/login", { ...form({ password }), peer }))).status;
  };
  const wrong = ["pässword 密码", "password 密码 ", `pässword 密码 ${"x".repeat(5_000)}`];
  for (const [i, password] of wrong.entries()) {
    assert.equal(await statusOf(password, `10.0.0.${i}`), 401, password);
  }
  assert.equal(await statusOf("pässword 密码 ", "10.0.0.9"), 303);
  assert.equal(await statusOf("pa\u0308ssword 密码 ", "10.0.0.9"), 303, "as some keyboards write it");
});

Deno.test("who has logged in to Ops can log out there", async () => {
  await using pages = await openPages();
  const cookie = await pages.logInToOps();
  const html = await (await pages.askOps("/", { headers: { cookie } })).text();
  assert.match(html, /<form method="post" action="\/logout"[^>]*><button[^>]*>Log out</);
  await drained(pages.askOps("/logout", { method: "POST", headers: { cookie } }));
  assert.equal((await drained(pages.askOps("/", { headers: { cookie } }))).status, 303);
  await using open = await openPages(OPEN_OPS);
  assert.doesNotMatch(await (await open.askOps("/")).text(), /Log out/, "there is nothing to log out of");
});
