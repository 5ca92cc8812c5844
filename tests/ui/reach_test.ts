/** Who reaches the pages, by the password, the address of the server, the peer and the headers of the request. */
import assert from "node:assert/strict";
import { ConfigurationError, DEFAULT_PASSWORD, readSettings, type Settings } from "@persistent-queue/workers";
import { OPEN_OPS, openPages, type TestPages, TOKEN } from "./open_pages.ts";

const PASSWORDS = ["", DEFAULT_PASSWORD, "a password of our own"];

/** The host names under which the server is reached. */
const BINDS: Record<string, { authority: string; isLocal: boolean }> = {
  "127.0.0.1": { authority: "127.0.0.1:8501", isLocal: true },
  "127.8.8.8": { authority: "127.8.8.8:8501", isLocal: true },
  "::1": { authority: "[::1]:8501", isLocal: true },
  "localhost": { authority: "localhost:8501", isLocal: true },
  "0.0.0.0": { authority: "192.168.1.5:8501", isLocal: false },
  "::": { authority: "[fd00::5]:8501", isLocal: false },
  "192.168.1.5": { authority: "192.168.1.5:8501", isLocal: false },
  "fd00::5": { authority: "[fd00::5]:8501", isLocal: false },
  "queue.example": { authority: "queue.example:8501", isLocal: false },
  "localhost.example": { authority: "localhost.example", isLocal: false },
};

const PEERS: Record<string, boolean> = {
  "127.0.0.1": true,
  "127.8.8.8": true,
  "::1": true,
  "::ffff:127.0.0.1": true,
  "192.168.1.7": false,
  "fe80::1": false,
  "::ffff:10.0.0.1": false,
  "1270.0.0.1": false,
  "127.0.0.1.evil.example": false,
  "": false,
};

const PROXIES: Record<string, string>[] = [
  {},
  { Forwarded: "for=127.0.0.1" },
  { "X-Forwarded-For": "127.0.0.1" },
  { "x-forwarded-host": "localhost" },
  { "X-Forwarded-Proto": "https" },
  { "X-Forwarded-Anything": "" },
  { "X-Real-IP": "127.0.0.1" },
  { Via: "1.1 proxy" },
];

/** The settings, or null where the start is refused for the password. */
function settingsOf(host: string, password: string): Settings | null {
  try {
    return readSettings({ env: { HOST: host, MANAGER_PASSWORD: password }, dotenv: null });
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    assert.match(
      error.problems.join(),
      /^HOST is .* MANAGER_PASSWORD is still the default.* HOST=127\.0\.0\.1$/,
    );
    return null;
  }
}

/** From everywhere, and with everything that a proxy adds. */
function* visits(): Generator<{ peer: string; headers: Record<string, string>; isDirect: boolean }> {
  for (const [peer, isHere] of Object.entries(PEERS)) {
    for (const headers of PROXIES) {
      yield { peer, headers, isDirect: isHere && Object.keys(headers).length === 0 };
    }
  }
}

/** On either server. */
function pathsOf({ ask, askOps }: TestPages): [ask: TestPages["ask"], path: string][] {
  return [[ask, "/login"], [askOps, "/static/ops.js"], [ask, "/static/app.css"]];
}

async function drained(response: Promise<Response>): Promise<Response> {
  const done = await response;
  await done.body?.cancel();
  return done;
}

for (const password of PASSWORDS) {
  const isDefault = password !== "a password of our own";
  const name = password === ""
    ? "no password is set"
    : isDefault
    ? "the password is the default"
    : "the password is one of our own";
  Deno.test(`both servers serve the right peers and proxies at every address while ${name}`, async () => {
    for (const [host, { authority, isLocal }] of Object.entries(BINDS)) {
      const settings = settingsOf(host, password);
      assert.equal(settings === null, isDefault && !isLocal, `${host}: refused at the start?`);
      if (settings === null) continue;
      await using pages = await openPages({
        host,
        password: settings.managerPassword,
        passwordIsDefault: isDefault,
      });
      for (const { peer, headers, isDirect } of visits()) {
        for (const [ask, path] of pathsOf(pages)) {
          const { status } = await drained(ask(path, { peer, authority, headers }));
          const what = `${host} ${path} from "${peer}" with ${Object.keys(headers)}`;
          assert.equal(status, !isDefault || isDirect ? 200 : 403, what);
        }
      }
    }
  });
}

Deno.test("an unusual spelling of this machine's address is refused while the password is the default", () => {
  for (
    const host of [
      "0",
      "127.1",
      "0x7f.1",
      "2130706433",
      "::ffff:127.0.0.1",
      "0:0:0:0:0:0:0:1",
      "localhost.lan",
    ]
  ) {
    assert.equal(settingsOf(host, DEFAULT_PASSWORD), null, host);
  }
});

Deno.test("while the password is the default even a right login is refused to others", async () => {
  await using pages = await openPages({ password: DEFAULT_PASSWORD, passwordIsDefault: true });
  const body = new URLSearchParams({ password: DEFAULT_PASSWORD });
  for (const ask of [{ peer: "192.168.1.7" }, { headers: { via: "1.1 proxy" } }]) {
    const response = await pages.ask("/login", { method: "POST", body, ...ask });
    assert.deepEqual([response.status, response.headers.get("set-cookie")], [403, null]);
    assert.match(await response.text(), /MANAGER_PASSWORD/);
  }
  assert.equal((await drained(pages.ask("/login", { method: "POST", body }))).status, 303);
});

Deno.test("while the password is the default a browser behind a proxy that hides itself is refused by its origin", async () => {
  await using pages = await openPages({ password: DEFAULT_PASSWORD, passwordIsDefault: true });
  const logInFrom = async (origin: string, more: Record<string, string> = {}) => {
    const body = new URLSearchParams({ password: DEFAULT_PASSWORD });
    return await drained(pages.ask("/login", { method: "POST", body, headers: { origin, ...more } }));
  };
  for (const origin of ["https://queue.example.com", "http://127.0.0.1:9000", "http://localhost:8501"]) {
    const response = await logInFrom(origin, { "sec-fetch-site": "same-origin" });
    assert.deepEqual([response.status, response.headers.get("set-cookie")], [403, null], origin);
  }
  const response = await logInFrom("http://127.0.0.1:8501", { "sec-fetch-site": "same-origin" });
  assert.equal(response.status, 303);
  assert.equal(
    response.headers.get("referrer-policy"),
    "same-origin",
    "or the browser would not name its origin",
  );
});

Deno.test("Ops asks for the password as soon as it is not the default, and is open to this machine alone before", async () => {
  const paths = ["/", "/metrics", "/events"];
  const statuses = async (pages: TestPages, ask: Parameters<TestPages["ask"]>[1] = {}) =>
    await Promise.all(paths.map(async (path) => (await drained(pages.askOps(path, ask))).status));
  const forwarded = { headers: { "x-forwarded-for": "8.8.8.8" } };
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    await using own = await openPages({ host });
    for (const ask of [{}, forwarded]) assert.deepEqual(await statuses(own, ask), [303, 401, 401]);
    const cookie = await own.logInToOps();
    assert.deepEqual(await statuses(own, { headers: { cookie } }), [200, 200, 200]);
    assert.deepEqual(await statuses(own, { headers: { authorization: `Bearer ${TOKEN}` } }), [303, 200, 200]);
  }
  await using open = await openPages(OPEN_OPS);
  assert.deepEqual(await statuses(open), [200, 200, 200]);
  assert.deepEqual(await statuses(open, forwarded), [403, 403, 403]);
});
