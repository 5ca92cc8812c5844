import assert from "node:assert/strict";
import { LINES, OUTSIDE, prepare } from "./every_route.ts";
import { openPages } from "./open_pages.ts";

Deno.test("every route of both servers has its line in the table of good requests", async () => {
  await using pages = await openPages(OUTSIDE);
  for (const server of ["manager", "ops"] as const) {
    const known = LINES.filter((line) => line.server === server).map(({ route }) => route);
    assert.deepEqual([...pages[server].routes].sort(), known.sort(), server);
  }
});

Deno.test("a job is found by its address even if its id has line separators", async () => {
  await using pages = await openPages();
  const ids = ["a\u2028b", "a\u2029b", "a\u2028/b\u2029"];
  await pages.queue.add(ids.map((id) => ({ id, kind: "mail" })));
  for (const id of ids) {
    const response = await pages.api(`/api/jobs/${encodeURIComponent(id)}`);
    assert.equal((await response.json()).id, id);
  }
  for (const id of ["a\nb", "a\rb"]) {
    const response = await pages.api(`/api/jobs/${encodeURIComponent(id)}`);
    assert.match(
      (await response.json()).error.message,
      /holds no control characters/,
      "the request reached the route",
    );
  }
});

Deno.test("every other method is refused at every address, with the methods that are allowed", async () => {
  await using pages = await openPages();
  await prepare(pages);
  const headers = { cookie: await pages.logIn() };
  for (const path of new Set(LINES.filter(({ server }) => server === "manager").map(({ path }) => path))) {
    const known = LINES.filter((line) => line.path === path).map(({ route }) => route.split(" ")[0]);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
      if (known.includes(method)) continue;
      const response = await pages.ask(path, { method, headers });
      await response.body?.cancel();
      assert.equal(response.status, 405, `${method} ${path}`);
      for (const one of known) {
        assert.ok(response.headers.get("allow")?.includes(one ?? ""), `${method} ${path}`);
      }
    }
    if (!known.includes("GET") || path === "/login") continue;
    const [whole, head] = [
      await pages.ask(path, { headers }),
      await pages.ask(path, { method: "HEAD", headers }),
    ];
    await whole.body?.cancel();
    assert.deepEqual([head.status, await head.text()], [whole.status, ""], path);
  }
  assert.deepEqual(pages.provoked, []);
});
