import assert from "node:assert/strict";
import { hostnameOf } from "../../ui/host_guard.ts";
import { openDesk } from "./open_desk.ts";

async function statusFor(host: string, authority: string): Promise<number> {
  await using desk = await openDesk({ host });
  const answer = await desk.ask("/healthz", { authority });
  await answer.body?.cancel();
  return answer.status;
}

const CASES: [host: string, authority: string, status: number][] = [
  ["127.0.0.1", "127.0.0.1:8501", 200],
  ["127.0.0.1", "localhost:8501", 200],
  ["127.0.0.1", "LOCALHOST", 200],
  ["127.0.0.1", "[::1]:8501", 200],
  ["127.0.0.1", "localhost:9999", 200],
  ["127.0.0.1", "evil.example:8501", 403],
  ["127.0.0.1", "localhost.evil.example", 403],
  ["127.0.0.1", "127.0.0.1.evil.example", 403],
  ["127.0.0.1", "10.0.0.1:8501", 403],
  ["localhost", "127.0.0.1:8501", 200],
  ["queue.example", "queue.example:8501", 200],
  ["queue.example", "localhost:8501", 403],
  ["0.0.0.0", "192.168.1.5:8501", 200],
  ["0.0.0.0", "localhost:8501", 200],
  ["0.0.0.0", "evil.example", 403],
  ["::", "[fe80::1]:8501", 200],
];

Deno.test("only requests that name this server are served", async (t) => {
  for (const [host, authority, status] of CASES) {
    await t.step(`bound to ${host}, asked as ${authority}: ${status}`, async () => {
      assert.equal(await statusFor(host, authority), status);
    });
  }
});

Deno.test("what looks like a host and can be none is none", () => {
  for (
    const authority of ["localhost:99999", "localhost:65536", "127.999.999.999", "127.0.0.256", "[::::]"]
  ) {
    assert.equal(hostnameOf(authority), null, authority);
  }
  assert.equal(hostnameOf("localhost:65535"), "localhost");
});

Deno.test("while the password is the default, only this machine is served, and only directly", async (t) => {
  await using desk = await openDesk({ passwordIsDefault: true });
  const statusOf = async (init: Parameters<typeof desk.ask>[1]) => {
    const answer = await desk.ask("/login", init);
    const text = await answer.text();
    if (answer.status === 403) assert.match(text, /MANAGER_PASSWORD/);
    return answer.status;
  };
  for (const peer of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
    await t.step(`peer ${peer} is let in`, async () => assert.equal(await statusOf({ peer }), 200));
  }
  for (const peer of ["192.168.1.7", "fe80::1", "::ffff:10.0.0.1", "1270.0.0.1"]) {
    await t.step(`peer ${peer} is refused`, async () => assert.equal(await statusOf({ peer }), 403));
  }
  for (const header of ["Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Anything", "Via"]) {
    await t.step(`${header} is refused`, async () => {
      assert.equal(await statusOf({ headers: { [header]: "1.2.3.4" } }), 403);
    });
  }
});

Deno.test("with a password of one's own, other machines and proxies are served", async () => {
  await using desk = await openDesk();
  const answer = await desk.ask("/login", { peer: "192.168.1.7", headers: { "x-forwarded-for": "1.2.3.4" } });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
});
