import assert from "node:assert/strict";
import { openPages, TOKEN } from "./open_pages.ts";

async function read(response: Promise<Response>) {
  const done = await response;
  return { status: done.status, body: await done.json() };
}

Deno.test("a list is filtered, searched and read page by page", async (t) => {
  await using pages = await openPages();
  await pages.queue.add(Array.from({ length: 7 }, (_, i) => ({ id: `job ${i}`, kind: "mail" })));
  await pages.queue.move("cancel", ["job 3"], "test");
  const ids = async (query: string) => {
    const { status, body } = await read(pages.api(`/api/jobs${query}`));
    assert.equal(status, 200, query);
    return body.jobs.map(({ id }: { id: string }) => id);
  };
  await t.step("by status", async () => assert.deepEqual(await ids("?status=CANCELED"), ["job 3"]));
  await t.step("by a part of the id", async () => assert.deepEqual(await ids("?q=b+5"), ["job 5"]));
  await t.step("by kind", async () => assert.deepEqual(await ids("?kind=file"), []));
  await t.step("an empty filter matches every job", async () => {
    assert.equal((await ids("?status=&kind=&q=&cursor=&limit=")).length, 7);
  });
  await t.step("page by page, each once, newest first", async () => {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body } = await read(pages.api(`/api/jobs?limit=3&cursor=${cursor}`));
      assert.ok(body.jobs.length <= 3);
      seen.push(...body.jobs.map(({ id }: { id: string }) => id));
      cursor = body.next;
    }
    assert.deepEqual(seen, [6, 5, 4, 3, 2, 1, 0].map((i) => `job ${i}`));
  });
  for (
    const query of [
      "status=NOPE",
      "status=pending",
      "limit=0",
      "limit=201",
      "limit=1e2",
      "limit=-1",
      "cursor=x",
    ]
  ) {
    await t.step(`${query} is refused`, async () => {
      const { status, body } = await read(pages.api(`/api/jobs?${query}`));
      assert.deepEqual([status, body.error.code], [400, "invalid_query"]);
    });
  }
});

Deno.test("an id may hold any character, and is found by its percent-encoded form", async (t) => {
  await using pages = await openPages();
  const ids = [
    "a b",
    "100%",
    "%2F",
    "a%252Fb",
    "q?x=1#y",
    "ünï→😀",
    "a&b=c",
    "'\"<script>",
    "a+b",
    "jobs.csv",
    "cancel",
  ];
  await pages.queue.add(ids.map((id) => ({ id, kind: "mail" })));
  for (const id of ids) {
    await t.step(JSON.stringify(id), async () => {
      const { status, body } = await read(pages.api(`/api/jobs/${encodeURIComponent(id)}`));
      assert.deepEqual([status, body.id], [200, id]);
    });
  }
  await t.step("an unknown id is 404", async () => {
    const { status, body } = await read(pages.api("/api/jobs/nobody"));
    assert.deepEqual([status, body.error.code], [404, "unknown_job"]);
  });
  await t.step("an id that is encoded wrongly is 400", async () => {
    assert.equal((await read(pages.api("/api/jobs/%E0%A4%A"))).status, 400);
  });
});

Deno.test("an unknown address is 404, and a wrong method 405 with the methods that are allowed", async () => {
  await using pages = await openPages();
  assert.equal((await read(pages.api("/api/nothing"))).body.error.code, "not_found");
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (
    const [path, method, allow] of [
      ["/api/jobs", "DELETE", "GET, HEAD, POST"],
      ["/api/stats", "POST", "GET, HEAD"],
      ["/api/jobs/a", "PUT", "GET, HEAD"],
      ["/api/consumers/x/crash", "PATCH", "POST"],
    ] as const
  ) {
    const response = await pages.ask(path, { method, headers });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, allow], path);
    assert.equal((await response.json()).error.code, "method_not_allowed");
  }
});
