/** The snippets of docs/operations.md for nginx and Caddy, run by the real programs in front of the real system. */
import assert from "node:assert/strict";
import {
  type Answer,
  isInstalled,
  makeCertificate,
  NAME,
  type Proxy,
  snippet,
  startCaddy,
  startNginx,
  type Visit,
  visit,
} from "./proxy.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";

const PASSWORD = "a password of our own";
const HERE = { Origin: `https://${NAME}`, "Sec-Fetch-Site": "same-origin" };

type Ask = (visit: Visit) => Promise<Answer>;

/** As docs/operations.md sets it: the settings that belong to the snippets. */
async function settingsOfReadme(): Promise<Record<string, string>> {
  const lines = (await snippet("bash", "TRUSTED_PROXIES")).matchAll(/^([A-Z_]+)=(\S+)$/gm);
  return {
    ...Object.fromEntries([...lines].map(([, name, value]) => [name, value])),
    MANAGER_PASSWORD: PASSWORD,
  };
}

/** Of that page, with the ports at which the system really listens. */
function portsIn(site: string, { manager, ops }: RunningSystem): string {
  return site.replaceAll(":8501", `:${new URL(manager).port}`).replaceAll(":8502", `:${new URL(ops).port}`);
}

async function logIn(ask: Ask, path: string): Promise<string> {
  const response = await ask({ path, headers: HERE, form: { password: PASSWORD } });
  assert.equal(response.status, 303, response.text);
  for (const cookie of response.cookies) assert.match(cookie, /; Secure/i);
  return response.cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}

/** What a person does there. */
async function everythingWorks(ask: Ask): Promise<void> {
  assert.deepEqual([(await ask({ path: "/" })).location, (await ask({ path: "/ops/" })).location], [
    "/login",
    "/ops/login",
  ]);
  const headers = { Cookie: await logIn(ask, "/login") };
  const list = await ask({ path: "/", headers });
  assert.match(list.text, /<a href="https:\/\/queue\.example\.com\/ops">Ops<\/a>/);
  assert.doesNotMatch(list.text, /127\.0\.0\.1|localhost/);
  await ask({ path: "/events", headers, until: /event: change\ndata: \{/ });

  const added = await ask({
    path: "/add",
    headers: { ...headers, ...HERE },
    form: { kind: "file", id: "data/files/a" },
  });
  assert.match(added.location ?? "", /^\/job\?/);
  const foreign = { ...headers, Origin: "https://evil.example" };
  assert.equal((await ask({ path: "/cancel", headers: foreign, form: { id: "data/files/a" } })).status, 403);

  const toOps = { Cookie: await logIn(ask, "/ops/login") };
  const ops = await ask({ path: "/ops/", headers: toOps });
  assert.match(ops.text, /<a href="https:\/\/queue\.example\.com">Manager<\/a>/);
  assert.equal((await ask({ path: /src="([^"]+)"/.exec(ops.text)?.[1] ?? "" })).status, 200);
  await ask({ path: "/ops/events", headers: toOps, until: /event: snapshot\ndata: \{/ });
  assert.match((await ask({ path: "/ops", headers: toOps })).location ?? "", /\/ops\/$/);
}

Deno.test({
  name:
    "behind nginx, set up as in docs/operations.md, login, pages, streams and posts work, and strange names do not",
  ignore: !isInstalled("nginx"),
  async fn() {
    await using folder = await tempFolder();
    await using system = await runSystem({ env: await settingsOfReadme() });
    const certificate = await makeCertificate(folder.path);
    const site = portsIn(await snippet("nginx", "server_name"), system)
      .replace(/\/\S+\.pem/, certificate.certPath).replace(/\/\S+\.key/, certificate.keyPath);
    await using proxy = await startNginx(folder.path, site);
    const ask: Ask = (one) => visit(proxy, certificate.pem, one);
    await everythingWorks(ask);
    const strange = await ask({ path: "/login", host: "evil.example" });
    assert.equal(strange.status, 403);
    assert.match(strange.text, /ALLOWED_HOSTS/);
  },
});

Deno.test({
  name: "behind Caddy, set up as in docs/operations.md, login, pages, streams and posts work",
  ignore: !isInstalled("caddy"),
  async fn() {
    await using folder = await tempFolder();
    await using system = await runSystem({ env: await settingsOfReadme() });
    const certificate = await makeCertificate(folder.path);
    const site = portsIn(await snippet("caddyfile", "reverse_proxy"), system);
    await using proxy = await startCaddy(folder.path, site, certificate);
    await everythingWorks((one) => visit(proxy, certificate.pem, one));
  },
});

const BARE: Record<string, string> = {
  "nothing but proxy_pass": "",
  "proxy_pass in HTTP/1.1": "proxy_http_version 1.1;",
  "the headers that are usual": "proxy_set_header X-Forwarded-For $remote_addr;",
  "the name passed on": "proxy_set_header Host $host;",
};

Deno.test({
  name: "the default password lets no visitor in through nginx, however little nginx is configured",
  ignore: !isInstalled("nginx"),
  async fn(t) {
    await using system = await runSystem();
    for (const [name, directive] of Object.entries(BARE)) {
      await t.step(name, async () => {
        await using folder = await tempFolder();
        const certificate = await makeCertificate(folder.path);
        const pass = portsIn(`location / { proxy_pass http://127.0.0.1:8501; ${directive} }`, system);
        const keys = `ssl_certificate ${certificate.certPath}; ssl_certificate_key ${certificate.keyPath};`;
        await using proxy = await startNginx(folder.path, `server { listen 443 ssl; ${keys} ${pass} }`);
        await nobodyGetsIn(proxy, certificate.pem);
      });
    }
    const body = new URLSearchParams({ password: "admin123" });
    const here = await fetch(`${system.manager}/login`, { method: "POST", body, redirect: "manual" });
    await here.body?.cancel();
    assert.equal(here.status, 303, "this machine still is");
  },
});

async function nobodyGetsIn(proxy: Proxy, pem: string): Promise<void> {
  for (const headers of [{}, HERE]) {
    const response = await visit(proxy, pem, { path: "/login", headers, form: { password: "admin123" } });
    assert.deepEqual([response.status, response.cookies], [403, []]);
    assert.match(response.text, /MANAGER_PASSWORD|ALLOWED_HOSTS/);
  }
}
