import assert from "node:assert/strict";
import { hostnameOf } from "../../ui/http/host_guard.ts";
import { type Case, judged, LINES, OUTSIDE, prepare } from "./every_route.ts";
import { openPages } from "./open_pages.ts";

async function statusFor(host: string, authority: string): Promise<number> {
  await using pages = await openPages({ host });
  const response = await pages.ask("/login", { authority });
  await response.body?.cancel();
  return response.status;
}

const CASES: [host: string, authority: string, status: number][] = [
  ["127.0.0.1", "127.0.0.1:8501", 200],
  ["127.0.0.1", "localhost:8501", 200],
  ["127.0.0.1", "LOCALHOST", 200],
  ["127.0.0.1", "localhost.:8501", 200],
  ["127.0.0.1", "localhost.", 200],
  ["127.0.0.1", "localhost..", 403],
  ["127.0.0.1", "evil.example.", 403],
  ["127.0.0.1", "[::1]:8501", 200],
  ["127.0.0.1", "localhost:9999", 200],
  ["127.0.0.1", "queue.localhost:8501", 200],
  ["0.0.0.0", "queue.localhost:8501", 200],
  ["queue.example", "queue.localhost:8501", 403],
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

Deno.test("the names of ALLOWED_HOSTS and PUBLIC_URL are served, and a refusal names the setting", async () => {
  const named = {
    allowedHosts: ["queue", "queue.internal", "192.0.2.9"],
    publicUrl: "https://queue.example.com/jobs",
    otherPublicUrl: "http://ops.example.com:8080",
  };
  for (const host of ["0.0.0.0", "127.0.0.1", "queue.lan"]) {
    await using pages = await openPages({ host, ...named });
    const ask = (authority: string) => pages.ask("/login", { authority });
    for (
      const authority of [
        "queue:8501",
        "QUEUE.internal",
        "192.0.2.9",
        "queue.example.com",
        "queue.example.com:443",
        "queue.example.com.",
        "queue.example.com.:443",
        "ops.example.com:8080",
      ]
    ) {
      assert.equal((await ask(authority)).status, 200, `${authority} at ${host}`);
    }
    for (const authority of ["example.com", "queue.example", "queue.internal.evil.example"]) {
      const response = await ask(authority);
      assert.equal(response.status, 403, `${authority} at ${host}`);
      assert.match(await response.text(), /ALLOWED_HOSTS/);
    }
  }
});

Deno.test("a server bound to a name serves the name and its address, and localhost where it is on loopback", async () => {
  const served = async (bindAddress: string, authority: string) => {
    await using pages = await openPages({ host: "queue.lan", bindAddress });
    return (await pages.ask("/login", { authority })).status;
  };
  for (const authority of ["queue.lan:8501", "127.0.0.1:8501", "localhost:8501"]) {
    assert.equal(await served("127.0.0.1", authority), 200, authority);
  }
  for (const authority of ["queue.lan:8501", "192.168.1.5:8501"]) {
    assert.equal(await served("192.168.1.5", authority), 200, authority);
  }
  assert.equal(await served("192.168.1.5", "localhost:8501"), 403);
});

Deno.test("only requests that name this server are served", async (t) => {
  for (const [host, authority, status] of CASES) {
    await t.step(`bound to ${host}, asked as ${authority}: ${status}`, async () => {
      assert.equal(await statusFor(host, authority), status);
    });
  }
});

/** The `Host` of a request to a server of this machine, and whether it is served. */
const HOSTS: [name: string, status: "good" | 400 | 403][] = [
  ["127.0.0.1:8501", "good"],
  ["localhost", "good"],
  ["localhost:8502", "good"],
  ["[::1]:8501", "good"],
  ["127.8.8.8", "good"],
  ["evil.example", 403],
  ["evil.example:8501", 403],
  ["localhost.evil.example", 403],
  ["127.0.0.1.nip.io", 403],
  ["localhost.", "good"],
  ["localhost..", 403],
  ["0.0.0.0", 403],
  ["192.168.1.5", 403],
  ["[::]", 403],
  ["[::ffff:10.0.0.1]", 403],
  ["2130706433", 403],
  ["0x7f000001", 403],
  ["127.1", 403],
  ["localhost:0x50", 400],
  ["localhost:99999", 400],
  ["localhost@evil.example", 400],
  ["evil.example/localhost", 400],
  ["evil.example#localhost", 400],
  ["localhost,evil.example", 400],
  ["local host", 400],
  ["[::1", 400],
  ["::1", 400],
  ["[fe80::1%25lo]", 400],
  ["%6c%6f%63%61%6c%68%6f%73%74", 400],
  ["lo\u00e7alhost", 400],
  ["*", 400],
  ["", 400],
];

function casesOf(hosts: typeof HOSTS, more: Record<string, string>): Case[] {
  return hosts.map(([host, wanted]) => ({
    what: `the host "${host}"`,
    ask: { headers: { ...more, host } },
    wanted: () => wanted,
  }));
}

Deno.test("no route of either server is served under a name that is not its own", async () => {
  await using pages = await openPages();
  await prepare(pages);
  const cookie = `${await pages.logIn()}; ${await pages.logInToOps()}`;
  const inside = LINES.filter(({ access, route }) => {
    return access !== "probe" && route !== "POST /logout" && route !== "GET /login";
  });
  assert.deepEqual(await judged(pages, inside, casesOf(HOSTS, { cookie })), []);
  assert.deepEqual(pages.faults, []);
});

Deno.test("probes are served under any name, and reveal nothing", async () => {
  await using pages = await openPages();
  for (const { server, path } of LINES.filter(({ access }) => access === "probe")) {
    for (const authority of ["queue:8501", "queue.default.svc.cluster.local", "evil.example"]) {
      const response = await (server === "manager" ? pages.ask : pages.askOps)(path, { authority });
      assert.deepEqual(
        [response.status, await response.json()],
        [200, path === "/healthz" ? { status: "ok", durability: "unknown" } : { status: "ok" }],
        `${path} ${authority}`,
      );
    }
  }
});

Deno.test("a server that others can reach is served under its addresses, which no name can be rebound to", async () => {
  await using pages = await openPages(OUTSIDE);
  const names: typeof HOSTS = [
    ...["192.168.1.5:8501", "[fe80::1]", "10.0.0.1", "localhost"].map((
      host,
    ): [string, "good"] => [host, "good"]),
    ...["evil.example", "192.168.1.5.nip.io", "host", "0x7f000001"].map((host): [string, 403] => [host, 403]),
    ...["999.1.1.1", "192.168.1.256", "[::g]", ""].map((host): [string, 400] => [host, 400]),
  ];
  assert.deepEqual(
    await judged(pages, LINES.filter(({ access }) => access === "open"), casesOf(names, {})),
    [],
  );
});

Deno.test("what looks like a host and cannot be one is refused", () => {
  for (
    const authority of ["localhost:99999", "localhost:65536", "127.999.999.999", "127.0.0.256", "[::::]"]
  ) {
    assert.equal(hostnameOf(authority), null, authority);
  }
  assert.equal(hostnameOf("localhost:65535"), "localhost");
});
