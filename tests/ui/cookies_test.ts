import assert from "node:assert/strict";
import { openPages, PASSWORD, type TestPages } from "./open_pages.ts";

interface Given {
  readonly pair: string;
  readonly flags: readonly string[];
}

/** Logs in, and returns the cookies of the response. */
async function logIn(pages: TestPages, headers: Record<string, string> = {}): Promise<Given[]> {
  const body = new URLSearchParams({ password: PASSWORD });
  const response = await pages.ask("/login", { method: "POST", body, headers });
  await response.body?.cancel();
  assert.equal(response.status, 303);
  return cookiesOf(response);
}

function cookiesOf({ headers }: Response): Given[] {
  return headers.getSetCookie().map((text) => {
    const [pair = "", ...flags] = text.split("; ");
    return { pair, flags: flags.sort() };
  });
}

async function statusWith(
  pages: TestPages,
  cookie: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const response = await pages.ask("/api/stats", { headers: { cookie, ...headers } });
  await response.body?.cancel();
  return response.status;
}

Deno.test("two installations on one host do not log each other out", async () => {
  await using one = await openPages({ port: 8501 });
  await using other = await openPages({ port: 9501 });
  const [first] = await logIn(one);
  const [second] = await logIn(other, { cookie: first?.pair ?? "" });
  assert.match(first?.pair ?? "", /^pq_manager_8501=/);
  assert.match(second?.pair ?? "", /^pq_manager_9501=/);
  const jar = `${first?.pair}; ${second?.pair}`;
  assert.deepEqual([await statusWith(one, jar), await statusWith(other, jar)], [200, 200]);
});

Deno.test("two installations behind one name, each below a path of its own, keep their sessions apart", async () => {
  const cookies: string[] = [];
  for (const path of ["/jobs", "/team/jobs/"]) {
    await using pages = await openPages({ publicUrl: `https://queue.example.com${path}` });
    cookies.push((await logIn(pages, { "x-forwarded-proto": "https" }))[0]?.pair.split("=")[0] ?? "");
  }
  assert.deepEqual(cookies, ["__Host-pq_manager_8501_jobs", "__Host-pq_manager_8501_team_jobs"]);
});

Deno.test("over https the cookie is Secure and bound to the host, and no other cookie is accepted in its place", async () => {
  await using pages = await openPages();
  const https = { "x-forwarded-proto": "https" };
  const [given] = await logIn(pages, https);
  const [name, value] = given?.pair.split("=") ?? [];
  assert.equal(name, "__Host-pq_manager_8501");
  assert.deepEqual(given?.flags, ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
  assert.equal(await statusWith(pages, `${name}=${value}`, https), 200);
  assert.equal(
    await statusWith(pages, `pq_manager_8501=${value}`, https),
    401,
    "any page of the domain can set that",
  );
});

Deno.test("however many cookies of its name are planted, the session is found", async () => {
  await using pages = await openPages();
  const [given] = await logIn(pages);
  const planted = Array.from({ length: 100 }, (_, i) => `pq_manager_8501=${"x".repeat(42)}${i % 10}`).join(
    "; ",
  );
  assert.equal(await statusWith(pages, `${planted}; pq_manager=x; ${given?.pair}`), 200);
});

Deno.test("a login removes the cookie of an earlier version, and sets a single cookie if there is none", async () => {
  await using pages = await openPages();
  assert.equal((await logIn(pages)).length, 1);
  const [given, former] = await logIn(pages, { cookie: "pq_manager=of-before" });
  assert.match(given?.pair ?? "", /^pq_manager_8501=[\w-]{43}$/);
  assert.equal(former?.pair, "pq_manager=");
  assert.ok(former?.flags.includes("Max-Age=0"));
});
