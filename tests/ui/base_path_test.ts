import assert from "node:assert/strict";
import { ServeError } from "@persistent-queue/ui";
import { documentBelow, refuseOwnPath } from "../../ui/http/page_address.ts";
import { LINES, prepare } from "./every_route.ts";
import { CONSUMER, openPages } from "./open_pages.ts";

const BELOW = {
  publicUrl: "https://queue.example.com/jobs",
  otherPublicUrl: "https://queue.example.com/ops",
};

/** Addresses in a document that lead anywhere but to a place below `/jobs`, in it, or to a page of another site. */
function strays(html: string): string[] {
  const addresses = [...html.matchAll(/ (?:href|src|action|formaction)="([^"]*)"/gi)].map((
    [, address = ""],
  ) => address);
  assert.ok(addresses.length > 3, "no links were found");
  return addresses.filter((address) => !/^(?:\/jobs\/|https:\/\/|#|$)/.test(address));
}

/** With a proxy that strips the path, and with one that does not. */
const PREFIXES = ["", "/jobs"];

Deno.test("every link, form and file of every page is below the path of PUBLIC_URL", async () => {
  await using pages = await openPages(BELOW);
  await prepare(pages);
  await pages.queue.add([{ id: 'a href="/x', kind: "mail" }]);
  pages.view = { ...pages.view, consumers: [{ ...CONSUMER, jobId: "kept" }] };
  const cookie = await pages.logIn();
  const paths = LINES.filter(({ route, access, server }) => {
    return server === "manager" && route.startsWith("GET") && access === "page" && !route.includes("/view/");
  }).map(({ path }) => path);
  for (const path of [...paths, "/job?id=nobody", "/nothing", "/deep/er/nothing", "/?q=%22"]) {
    for (const prefix of PREFIXES) {
      const response = await pages.ask(prefix + path, { headers: { cookie } });
      assert.deepEqual(strays(await response.text()), [], prefix + path);
    }
  }
  for (const path of ["/login", "/jobs/login"]) {
    assert.deepEqual(strays(await (await pages.ask(path)).text()), []);
  }
  for (const path of ["/", "/jobs", "/jobs/"]) {
    assert.deepEqual(
      strays(await (await pages.askOps(path, { headers: { cookie: await pages.logInToOps() } })).text()),
      [],
    );
  }
});

Deno.test("every redirect leads below the path of PUBLIC_URL", async () => {
  await using pages = await openPages(BELOW);
  await prepare(pages);
  const cookie = await pages.logIn();
  const locationOf = async (path: string, form?: string, headers: Record<string, string> = { cookie }) => {
    const post = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
    const response = await pages.ask(path, { ...post, headers });
    await response.body?.cancel();
    return response.headers.get("location");
  };
  for (const prefix of PREFIXES) {
    assert.equal(await locationOf(`${prefix}/`, undefined, {}), "/jobs/login");
    assert.equal(
      await locationOf(`${prefix}/job?id=kept`, undefined, {}),
      "/jobs/login?next=%2Fjob%3Fid%3Dkept",
    );
    assert.equal(await locationOf(`${prefix}/login?next=/add`), "/jobs/add");
    assert.equal(
      await locationOf(`${prefix}/login`, "password=correct horse&next=/job?id=kept", {}),
      "/jobs/job?id=kept",
    );
    for (const { path, form } of LINES.filter(({ good, access }) => good === 303 && access === "page")) {
      assert.match(await locationOf(prefix + path, form) ?? "", /^\/jobs\//, path);
    }
  }
  assert.equal(await locationOf("/jobs/logout", ""), "/jobs/login");
});

Deno.test("the API, the files and the probes are served below the path as well as without it", async () => {
  await using pages = await openPages(BELOW);
  await prepare(pages);
  for (const prefix of PREFIXES) {
    for (const path of ["/api/jobs/kept", "/api/stats", "/static/app.css", "/healthz"]) {
      const response = await pages.api(prefix + path);
      await response.body?.cancel();
      assert.equal(response.status, 200, prefix + path);
    }
  }
  const moved = await pages.api("/jobs/api/jobs/cancel", { ids: ["kept"] });
  assert.equal((await moved.json()).canceled, 1);
  const cookie = await pages.logIn();
  assert.equal((await pages.ask("/jobsite/api/stats", { headers: { cookie } })).status, 404);
});

Deno.test("without a path in PUBLIC_URL every address stays as it is written", () => {
  assert.equal(documentBelow("", '<a href="/add">'), '<a href="/add">');
  assert.equal(
    documentBelow("/jobs", '<a href="//elsewhere"><i title="/x">'),
    '<a href="//elsewhere"><i title="/x">',
  );
});

Deno.test("a path that is also an address of the pages is refused, because the two could not be told apart", async () => {
  await using pages = await openPages();
  const routes = pages.manager.routes.map((route) => route.split(" ")[1] ?? "");
  for (const path of ["/api", "/job", "/api/jobs", "/static", "/consumers"]) {
    assert.throws(() => refuseOwnPath(path, routes), ServeError, path);
  }
  for (const path of ["", "/jobs", "/team/api", "/apis"]) refuseOwnPath(path, routes);
});
