import assert from "node:assert/strict";
import { CONSUMER, openPages, PASSWORD, type TestPages, TOKEN } from "./open_pages.ts";

interface Request {
  readonly path: string;
  readonly json?: unknown;
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** Sends it from another machine. Returns the audit lines that it left. */
async function act(pages: TestPages, { path, json, form, headers = {} }: Request): Promise<string[]> {
  const before = pages.audit.length;
  const body = json === undefined ? form && new URLSearchParams(form) : JSON.stringify(json);
  const type = json === undefined ? {} : { "content-type": "application/json" };
  const response = await pages.ask(path, {
    peer: "203.0.113.7",
    headers: { ...type, ...headers },
    ...(body === undefined ? {} : { method: "POST", body }),
  });
  await response.text();
  return pages.audit.slice(before);
}

const BEARER = { authorization: `Bearer ${TOKEN}` };

Deno.test("each login, failed login and logout leaves a line with the visitor and the address", async () => {
  await using pages = await openPages();
  const from = "203.0.113.7 (Manager)";
  const wrong = { path: "/login", form: { password: "wrong" } };
  assert.deepEqual(await act(pages, wrong), [`Failed login from ${from}: wrong password`]);
  const right = { path: "/login", form: { password: PASSWORD } };
  assert.deepEqual(await act(pages, right), [`Login by manager from ${from}`]);
  const out = { path: "/logout", form: {}, headers: { cookie: await pages.logIn() } };
  assert.deepEqual(await act(pages, out), [`Logout by manager from ${from}`]);
  assert.deepEqual(await act(pages, out), [], "no session was there to log out");
  const token = { path: "/api/stats", headers: { authorization: "Bearer wrong" } };
  assert.deepEqual(await act(pages, token), ["Failed login from 203.0.113.7: wrong API token"]);
});

Deno.test("an unconfirmed address is marked as such, and cannot forge a line", async () => {
  await using pages = await openPages();
  const wrong = { path: "/login", form: { password: "wrong" } };
  const claimed = { ...wrong, headers: { "x-forwarded-for": "198.51.100.1" } };
  assert.deepEqual(await act(pages, claimed), [
    "Failed login from 203.0.113.7 (forwarded, it says, for 198.51.100.1) (Manager): wrong password",
  ]);
  const forged = { ...wrong, headers: { "x-forwarded-for": "1.1.1.1 by manager\tAudit: Login" } };
  assert.deepEqual(await act(pages, forged), [
    "Failed login from 203.0.113.7 (forwarded, it says, for an unknown address) (Manager): wrong password",
  ]);
  await using trusting = await openPages({ trustedProxies: ["203.0.113.7"] });
  assert.deepEqual(await act(trusting, claimed), [
    "Failed login from 198.51.100.1 (Manager): wrong password",
  ]);
});

Deno.test("each action of a script through the API leaves one line", async (t) => {
  await using pages = await openPages();
  const by = "by API token from 203.0.113.7";
  const post = (path: string, json: unknown) => act(pages, { path, json, headers: BEARER });
  await t.step("adding, also when a part of it is refused, and not when nothing is new", async () => {
    assert.deepEqual(await post("/api/jobs", { id: "a", kind: "mail" }), [`Added 1 job ${by}: "a"`]);
    assert.deepEqual(await post("/api/jobs", { id: "a", kind: "mail" }), []);
    const many = Array.from({ length: 7 }, (_, i) => ({ id: `m${i}`, kind: "mail" }));
    assert.deepEqual(await post("/api/jobs", many), [
      `Added 7 jobs ${by}: "m0", "m1", "m2", "m3", "m4" and 2 more`,
    ]);
    await pages.queue.move("cancel", ["m6"], "test");
    assert.deepEqual(await post("/api/jobs", [{ id: "m6", kind: "mail" }, { id: "m7", kind: "mail" }]), [
      `Added 1 job ${by}: "m7"`,
    ]);
  });
  await t.step("moving by id and by filter", async () => {
    assert.deepEqual(await post("/api/jobs/cancel", { ids: ["a", "none"] }), [
      `Canceled 1 job (1 of 2 not) ${by}: "a"`,
    ]);
    assert.deepEqual(await post("/api/jobs/resubmit", { ids: ["none"] }), [
      `Resubmitted 0 jobs (1 of 1 not) ${by}: "none"`,
    ]);
    assert.deepEqual(
      await post("/api/jobs/cancel", { filter: { status: "PENDING", kind: "mail", q: "m" } }),
      [
        `Canceled 7 jobs ${by}: status PENDING, kind "mail", id with "m"`,
      ],
    );
    assert.deepEqual(await post("/api/jobs/resubmit", { filter: {}, all: true }), [
      `Resubmitted 9 jobs ${by}: every job`,
    ]);
  });
  await t.step("exporting, sweeping and breaking consumers", async () => {
    const csv = { path: "/api/jobs.csv?kind=mail", headers: BEARER };
    assert.deepEqual(await act(pages, csv), [`Export of jobs ${by}: kind "mail"`]);
    assert.deepEqual(await post("/api/sweep", {}), [`Sweep ${by}: 0 jobs returned to the queue`]);
    assert.deepEqual(await post(`/api/consumers/${CONSUMER.id}/crash`, {}), [
      `Crash of consumer ${CONSUMER.id} ${by}`,
    ]);
    assert.deepEqual(await post("/api/consumers/none/hang", {}), []);
  });
  await t.step("an id can neither pass for another actor nor break out of its quotes", async () => {
    const id = 'x": Login by manager from 127.0.0.1';
    assert.deepEqual(await post("/api/jobs", { id, kind: "mail" }), [
      `Added 1 job ${by}: ${JSON.stringify(id)}`,
    ]);
  });
});

Deno.test("each action of a person on a page leaves one line", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  const by = "by manager from 203.0.113.7";
  const post = (path: string, form: Record<string, string>) => act(pages, { path, form, headers });
  assert.deepEqual(await post("/add", { kind: "mail", id: "a" }), [`Added 1 job ${by}: "a"`]);
  assert.deepEqual(await post("/cancel", { id: "a" }), [`Canceled 1 job ${by}: "a"`]);
  assert.deepEqual(await post("/resubmit", { id: "a" }), [`Resubmitted 1 job ${by}: "a"`]);
  assert.deepEqual(await post("/all", { verb: "cancel", status: "PENDING" }), [
    `Canceled 1 job ${by}: status PENDING`,
  ]);
  assert.deepEqual(await post("/sweep", {}), [`Sweep ${by}: 0 jobs returned to the queue`]);
  assert.deepEqual(await post("/consumers/hang", { id: CONSUMER.id }), [
    `Hang of consumer ${CONSUMER.id} ${by}`,
  ]);
  const csv = { path: "/api/jobs.csv?status=CANCELED", headers };
  assert.deepEqual(await act(pages, csv), [`Export of jobs ${by}: status CANCELED`]);
});

Deno.test("the page of a job names who canceled it, resubmitted it and added it again, and from where", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  await act(pages, { path: "/add", form: { kind: "mail", id: "a" }, headers });
  await act(pages, { path: "/cancel", form: { id: "a" }, headers });
  await act(pages, { path: "/api/jobs/resubmit", json: { ids: ["a"] }, headers: BEARER });
  await act(pages, { path: "/all", form: { verb: "cancel", status: "PENDING" }, headers });
  await act(pages, { path: "/api/jobs", json: { id: "a", kind: "mail", replace: true }, headers: BEARER });
  const page = await (await pages.ask("/job?id=a", { headers })).text();
  const [, history = ""] = /id="timeline-title"(.*?)<\/section>/s.exec(page) ?? [];
  const told = [...history.matchAll(/<p class="small">([^<]*)<\/p>/g)].map(([, detail]) => detail);
  assert.deepEqual(told, [
    "was PENDING, by manager from 203.0.113.7",
    "was CANCELED, by API token from 203.0.113.7",
    "was PENDING, by manager from 203.0.113.7",
    "added again, by API token from 203.0.113.7",
  ]);
});

Deno.test("looking at pages and lists leaves no line", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  for (const path of ["/", "/consumers", "/add", "/view/list", "/api/jobs", "/api/stats"]) {
    assert.deepEqual(await act(pages, { path, headers }), [], path);
  }
});
