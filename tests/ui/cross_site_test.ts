import assert from "node:assert/strict";
import { openDesk, TOKEN } from "./open_desk.ts";

const OWN = "http://127.0.0.1:8501";
const CASES: [what: string, headers: Record<string, string>, allowed: boolean][] = [
  ["neither header, as curl does it", {}, true],
  ["the same origin", { "sec-fetch-site": "same-origin" }, true],
  ["the same origin, which hides its name", { "sec-fetch-site": "same-origin", origin: "null" }, true],
  ["the person at the browser", { "sec-fetch-site": "none" }, true],
  ["another site", { "sec-fetch-site": "cross-site" }, false],
  ["another site that claims our origin", { "sec-fetch-site": "cross-site", origin: OWN }, false],
  ["another port of this host", { "sec-fetch-site": "same-site" }, false],
  ["rubbish", { "sec-fetch-site": "rubbish" }, false],
  ["an old browser on our page", { origin: OWN }, true],
  ["an old browser elsewhere", { origin: "https://evil.example" }, false],
  ["an old browser on another port", { origin: "http://127.0.0.1:8502" }, false],
  ["a sandbox", { origin: "null" }, false],
  ["an address that begins like ours", { origin: `${OWN}.evil.example` }, false],
];

Deno.test("changes are accepted from our own pages and from scripts, and from nowhere else", async (t) => {
  await using desk = await openDesk();
  for (const [what, headers, allowed] of CASES) {
    await t.step(`${what}: ${allowed ? "accepted" : "refused"}`, async () => {
      const own = { host: "127.0.0.1:8501", authorization: `Bearer ${TOKEN}` };
      const body = JSON.stringify({ id: what, kind: "mail" });
      const json = { "content-type": "application/json" };
      const add = await desk.ask("/api/jobs", {
        method: "POST",
        headers: { ...own, ...json, ...headers },
        body,
      });
      await add.body?.cancel();
      assert.equal(add.status, allowed ? 201 : 403);
      const out = await desk.ask("/logout", { method: "POST", headers: { ...own, ...headers } });
      await out.body?.cancel();
      assert.equal(out.status, allowed ? 303 : 403);
      const form = new URLSearchParams({ password: "" });
      const login = await desk.ask("/login", { method: "POST", headers: { ...own, ...headers }, body: form });
      await login.body?.cancel();
      assert.equal(login.status, allowed ? 401 : 403);
    });
  }
});

Deno.test("nothing is changed by GET", async () => {
  await using desk = await openDesk();
  for (const path of ["/api/jobs/resubmit?ids=a", "/api/jobs/cancel?ids=a"]) {
    const answer = await desk.api(path);
    assert.equal(answer.status, 404);
    assert.equal((await answer.json()).error.code, "unknown_job");
  }
  for (const path of ["/logout", "/api/consumers/x/crash"]) {
    const answer = await desk.api(path);
    await answer.body?.cancel();
    assert.ok([303, 405].includes(answer.status), `${path} ${answer.status}`);
  }
  assert.deepEqual(desk.provoked, []);
});
