import assert from "node:assert/strict";
import { type Desk, openDesk, PASSWORD } from "./open_desk.ts";

interface Given {
  readonly pair: string;
  readonly flags: readonly string[];
}

/** Logs in, and returns the cookies of the answer. */
async function logIn(desk: Desk, headers: Record<string, string> = {}): Promise<Given[]> {
  const body = new URLSearchParams({ password: PASSWORD });
  const answer = await desk.ask("/login", { method: "POST", body, headers });
  await answer.body?.cancel();
  assert.equal(answer.status, 303);
  return cookiesOf(answer);
}

function cookiesOf({ headers }: Response): Given[] {
  return headers.getSetCookie().map((text) => {
    const [pair = "", ...flags] = text.split("; ");
    return { pair, flags: flags.sort() };
  });
}

async function statusWith(desk: Desk, cookie: string, headers: Record<string, string> = {}): Promise<number> {
  const answer = await desk.ask("/api/stats", { headers: { cookie, ...headers } });
  await answer.body?.cancel();
  return answer.status;
}

Deno.test("two installations on one host do not log each other out", async () => {
  await using one = await openDesk({ port: 8501 });
  await using other = await openDesk({ port: 9501 });
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
    await using desk = await openDesk({ publicUrl: `https://queue.example.com${path}` });
    cookies.push((await logIn(desk, { "x-forwarded-proto": "https" }))[0]?.pair.split("=")[0] ?? "");
  }
  assert.deepEqual(cookies, ["__Host-pq_manager_8501_jobs", "__Host-pq_manager_8501_team_jobs"]);
});

Deno.test("over https the cookie is Secure and bound to the host, and nothing else is taken for it", async () => {
  await using desk = await openDesk();
  const https = { "x-forwarded-proto": "https" };
  const [given] = await logIn(desk, https);
  const [name, value] = given?.pair.split("=") ?? [];
  assert.equal(name, "__Host-pq_manager_8501");
  assert.deepEqual(given?.flags, ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
  assert.equal(await statusWith(desk, `${name}=${value}`, https), 200);
  assert.equal(
    await statusWith(desk, `pq_manager_8501=${value}`, https),
    401,
    "any page of the domain can set that",
  );
});

Deno.test("however many cookies of its name somebody plants, the session is found", async () => {
  await using desk = await openDesk();
  const [given] = await logIn(desk);
  const planted = Array.from({ length: 100 }, (_, i) => `pq_manager_8501=${"x".repeat(42)}${i % 10}`).join(
    "; ",
  );
  assert.equal(await statusWith(desk, `${planted}; pq_manager=x; ${given?.pair}`), 200);
});

Deno.test("a login takes away the cookie of an earlier version, and gives one alone where there is none", async () => {
  await using desk = await openDesk();
  assert.equal((await logIn(desk)).length, 1);
  const [given, former] = await logIn(desk, { cookie: "pq_manager=of-before" });
  assert.match(given?.pair ?? "", /^pq_manager_8501=[\w-]{43}$/);
  assert.equal(former?.pair, "pq_manager=");
  assert.ok(former?.flags.includes("Max-Age=0"));
});
