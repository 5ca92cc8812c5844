import assert from "node:assert/strict";
import { CONSUMER, openPages, type TestPages, TOKEN } from "./open_pages.ts";

async function read(response: Promise<Response>) {
  const done = await response;
  return { status: done.status, body: await done.json() };
}

function addThree(pages: TestPages) {
  return pages.queue.add(["a", "b", "c"].map((id) => ({ id, kind: "mail" })));
}

Deno.test("jobs are canceled and resubmitted by their ids, each with its own result", async () => {
  await using pages = await openPages();
  await addThree(pages);
  const canceled = await read(pages.api("/api/jobs/cancel", { ids: ["a", "b"] }));
  assert.deepEqual(canceled, {
    status: 200,
    body: {
      canceled: 2,
      results: [{ id: "a", ok: true, status: "CANCELED" }, { id: "b", ok: true, status: "CANCELED" }],
    },
  });
  const { status, body } = await read(pages.api("/api/jobs/resubmit", { ids: ["a", "c", "nobody"] }));
  assert.equal(status, 200);
  assert.equal(body.resubmitted, 1);
  const [, illegal, unknown] = body.results;
  assert.deepEqual([illegal.ok, illegal.error.code], [false, "illegal_move"]);
  assert.deepEqual([unknown.ok, unknown.error.code], [false, "unknown_job"]);
  assert.equal((await read(pages.api("/api/jobs/a"))).body.status, "PENDING");
});

Deno.test("if no job could be moved, the HTTP status says why", async () => {
  await using pages = await openPages();
  await addThree(pages);
  const illegal = await read(pages.api("/api/jobs/resubmit", { ids: ["a"] }));
  assert.deepEqual([illegal.status, illegal.body.error.code, illegal.body.resubmitted], [
    409,
    "illegal_move",
    0,
  ]);
  const unknown = await read(pages.api("/api/jobs/cancel", { ids: ["nobody"] }));
  assert.deepEqual([unknown.status, unknown.body.error.code], [404, "unknown_job"]);
});

Deno.test("a filter moves every job that matches", async () => {
  await using pages = await openPages();
  await addThree(pages);
  await pages.queue.add([{ id: "file.txt" }]);
  assert.deepEqual(
    await read(pages.api("/api/jobs/cancel", { filter: { kind: "mail", status: "PENDING" } })),
    {
      status: 200,
      body: { canceled: 3 },
    },
  );
  assert.deepEqual(await read(pages.api("/api/jobs/resubmit", { filter: { q: "b" } })), {
    status: 200,
    body: { resubmitted: 1 },
  });
  assert.deepEqual((await pages.queue.stats()).counts.CANCELED, 2);
});

Deno.test("a request that does not say which jobs to move is refused with 400", async (t) => {
  await using pages = await openPages();
  await addThree(pages);
  const both = { ids: ["a"], filter: { status: "PENDING" } };
  for (
    const body of [
      ...[{}, [], null, "a", { ids: [] }, { ids: "a" }, { ids: [1] }, both, { id: ["a"] }, { filter: null }],
      ...[{ filter: { status: "NOPE" } }, { filter: { stat: "FAILED" } }, { filter: { kind: 7 } }, {
        ids: [""],
      }],
    ]
  ) {
    await t.step(JSON.stringify(body), async () => {
      const { status } = await read(pages.api("/api/jobs/cancel", body));
      assert.equal(status, 400);
    });
  }
  assert.equal((await pages.queue.stats()).counts.PENDING, 3);
});

Deno.test("a consumer can be made to crash or hang, and one that does not exist is 404", async () => {
  await using pages = await openPages();
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (const how of ["crash", "hang"]) {
    const { status } = await read(
      pages.ask(`/api/consumers/${CONSUMER.id}/${how}`, { method: "POST", headers }),
    );
    assert.equal(status, 202);
  }
  const { status, body } = await read(pages.ask("/api/consumers/nobody/crash", { method: "POST", headers }));
  assert.deepEqual([status, body.error.code], [404, "unknown_consumer"]);
  assert.deepEqual(pages.provoked, [`crash ${CONSUMER.id}`, `hang ${CONSUMER.id}`, "crash nobody"]);
});

Deno.test("with fault injection off, neither a script nor a page can make a consumer crash or hang", async () => {
  await using pages = await openPages({ faultInjection: false });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const cookie = await pages.logIn();
  for (const how of ["crash", "hang"]) {
    const asked = await read(pages.ask(`/api/consumers/${CONSUMER.id}/${how}`, { method: "POST", headers }));
    assert.deepEqual([asked.status, asked.body.error.code], [403, "fault_injection_off"]);
    assert.match(asked.body.error.message, /switched off here.* FAULT_INJECTION=on/);
    const path = `/consumers/${how}`;
    const page = await pages.ask(`${path}?id=${CONSUMER.id}`, { headers: { cookie } });
    assert.equal(page.status, 403);
    assert.match(await page.text(), /FAULT_INJECTION=on/);
    const body = new URLSearchParams({ id: CONSUMER.id });
    const posted = await pages.ask(path, { method: "POST", headers: { cookie }, body });
    assert.equal(posted.status, 403);
    await posted.body?.cancel();
  }
  const page = await (await pages.ask("/consumers", { headers: { cookie } })).text();
  assert.doesNotMatch(page, /Crash|Hang/);
  assert.deepEqual(pages.provoked, []);
});

Deno.test("the page asks before it makes a consumer crash or hang, and names the job at risk", async () => {
  await using pages = await openPages();
  pages.view = {
    ...pages.view,
    consumers: [{ ...CONSUMER, state: "working", jobId: "data/files/at-risk.txt" }],
  };
  const cookie = await pages.logIn();
  for (const [how, name] of [["crash", "Crash"], ["hang", "Hang"]]) {
    const asked = await pages.ask(`/consumers/${how}?id=${CONSUMER.id}`, { headers: { cookie } });
    const page = await asked.text();
    assert.match(page, new RegExp(`<h1>${name} consumer 1\\?</h1>`));
    assert.match(page, /at-risk\.txt/);
    assert.match(page, new RegExp(`action="/consumers/${how}"`));
  }
  const gone = await (await pages.ask("/consumers/crash?id=gone", { headers: { cookie } })).text();
  assert.match(gone, /This consumer is gone/);
  assert.deepEqual(pages.provoked, []);
});

Deno.test("a sweep on request returns how many stalled jobs went back", async () => {
  await using pages = await openPages();
  await addThree(pages);
  await pages.queue.claim([{ consumerId: CONSUMER.id, limit: 3, suspect: false }]);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { status, body } = await read(pages.ask("/api/sweep", { method: "POST", headers }));
  assert.deepEqual([status, body], [200, { requeued: 0 }]);
});

Deno.test("the statistics hold counts, age, rates, consumers and warnings", async () => {
  await using pages = await openPages();
  await addThree(pages);
  pages.view = { ...pages.view, warnings: ["Consumers are slow."] };
  const { status, body } = await read(pages.api("/api/stats"));
  assert.equal(status, 200);
  assert.equal(body.counts.PENDING, 3);
  assert.equal(typeof body.age_ms, "number");
  assert.deepEqual(Object.keys(body.rates).sort(), ["added", "completed", "failed", "failed_attempts"]);
  assert.deepEqual(
    body.consumers.map(({ id, heartbeat_age_ms, state }: Record<string, unknown>) => {
      return { id, heartbeat_age_ms, state };
    }),
    [{ id: CONSUMER.id, heartbeat_age_ms: 12, state: "idle" }],
  );
  assert.deepEqual(body.warnings, ["Consumers are slow."]);
  assert.equal(body.revision, pages.queue.revision);
});

Deno.test("the list as CSV is quoted, and no cell is a formula", async () => {
  await using pages = await openPages();
  await pages.queue.add([
    { id: '=HYPERLINK("http://e")', kind: "mail" },
    { id: "plain", kind: "mail", priority: -5 },
    { id: "@a,b", kind: "mail" },
  ]);
  const response = await pages.api("/api/jobs.csv?status=PENDING");
  assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
  const bytes = await response.bytes();
  assert.deepEqual([...bytes.slice(0, 3)], [0xef, 0xbb, 0xbf], "a byte order mark, for spreadsheets");
  const lines = new TextDecoder().decode(bytes).split("\r\n");
  assert.match(lines[0] ?? "", /^id,kind,status,/);
  assert.ok(lines[1]?.startsWith(`"'@a,b",mail,PENDING,0,0,0,`), lines[1]);
  assert.ok(lines[2]?.startsWith("plain,mail,PENDING,0,0,-5,"), lines[2]);
  assert.ok(lines[3]?.startsWith(`"'=HYPERLINK(""http://e"")",mail,`), lines[3]);
  assert.equal(lines.length, 5);
});

Deno.test("a CSV export goes on page by page, to the very last job", async () => {
  await using pages = await openPages();
  for (const part of ["a", "b"]) {
    await pages.queue.add(Array.from({ length: 6_000 }, (_, i) => ({ id: `${part}${i}`, kind: "mail" })));
  }
  const lines = (await (await pages.api("/api/jobs.csv")).text()).split("\r\n");
  assert.equal(lines.length, 12_000 + 2);
  assert.equal(new Set(lines).size, 12_000 + 2);
});

Deno.test('an empty filter moves nothing by accident: "all" has to be said', async () => {
  await using pages = await openPages();
  await addThree(pages);
  for (const filter of [{}, { q: "" }, { status: "", kind: null }]) {
    const { status, body } = await read(pages.api("/api/jobs/cancel", { filter }));
    assert.deepEqual([status, body.error.code], [400, "invalid_query"]);
    assert.match(body.error.message, /"all": true/);
  }
  const both = await read(pages.api("/api/jobs/cancel", { ids: ["a"], all: true }));
  assert.equal(both.status, 400);
  assert.equal((await pages.queue.stats()).counts.PENDING, 3);
  const all = await read(pages.api("/api/jobs/cancel", { filter: {}, all: true }));
  assert.deepEqual(all, { status: 200, body: { canceled: 3 } });
});
