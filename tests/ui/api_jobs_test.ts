import assert from "node:assert/strict";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { testQueue } from "../support/queue/test_queue.ts";
import { openPages, TOKEN } from "./open_pages.ts";
import { sqliteTest } from "../support/backend.ts";

const MIB = 1024 * 1024;

async function read(response: Promise<Response>) {
  const done = await response;
  return { status: done.status, body: await done.json() };
}

Deno.test("a job that is added can be read back in full", async () => {
  await using pages = await openPages();
  const run_at = Date.now() + 60_000;
  const job = { id: "m/1", kind: "mail", payload: { to: ["a@example.com"] }, priority: 5, run_at };
  const { status, body } = await read(pages.api("/api/jobs", job));
  assert.equal(status, 201);
  assert.equal(body.outcome, "added");
  const shown = await read(pages.api("/api/jobs/m%2F1"));
  assert.equal(shown.status, 200);
  assert.deepEqual(shown.body, { ...body.job, history: [], attempts: [] });
  const expected = {
    ...{
      ...job,
      status: "PENDING",
      retries: 0,
      crashes: 0,
      consumer_id: null,
      last_heartbeat: null,
      started_at: null,
    },
    ...{
      finished_at: null,
      error: null,
      canceled_from: null,
      dismissed: false,
      result: null,
      seq: 1,
      lease: 0,
      stalled: false,
      no_handler: false,
      handler_broken: false,
      actions: ["cancel"],
    },
    ...{ created_at: shown.body.created_at, updated_at: shown.body.updated_at, history: [], attempts: [] },
  };
  assert.deepEqual(shown.body, expected);
});

Deno.test("a job without an id gets one, unless it is of the kind file", async () => {
  await using pages = await openPages();
  const { status, body } = await read(
    pages.api("/api/jobs", { kind: "mail", run_at: "2030-01-31T12:00:00Z" }),
  );
  assert.equal(status, 201);
  assert.match(body.job.id, /./);
  assert.equal(body.job.run_at, Date.UTC(2030, 0, 31, 12));
});

Deno.test("adding an id again changes nothing while its job waits, and is refused once it is finished, except to replace it", async () => {
  await using pages = await openPages();
  await read(pages.api("/api/jobs", { id: "a", kind: "mail" }));
  const again = await read(pages.api("/api/jobs", { id: "a", kind: "mail" }));
  assert.deepEqual([again.status, again.body.outcome, again.body.job.id], [200, "waiting", "a"]);
  await read(pages.api("/api/jobs/cancel", { ids: ["a"] }));
  const refused = await read(pages.api("/api/jobs", { id: "a", kind: "mail" }));
  assert.deepEqual([refused.status, refused.body.error.code], [409, "duplicate_job"]);
  const replaced = await read(pages.api("/api/jobs", { id: "a", kind: "mail", replace: true }));
  assert.deepEqual([replaced.status, replaced.body.outcome], [201, "replaced"]);
});

Deno.test("adding a waiting id with a different payload or kind says that what was sent is not in the queue", async () => {
  await using pages = await openPages();
  await read(pages.api("/api/jobs", { id: "a", kind: "mail", payload: { to: "x" } }));
  const add = async (job: object) => {
    const { status, body } = await read(
      pages.api("/api/jobs", { id: "a", kind: "mail", payload: { to: "x" }, ...job }),
    );
    return [status, body.outcome, body.differs];
  };
  assert.deepEqual(await add({}), [200, "waiting", false]);
  assert.deepEqual(await add({ payload: { to: "y" }, replace: true }), [200, "waiting", true]);
  assert.deepEqual(await add({ kind: "file" }), [200, "waiting", true]);
  assert.deepEqual((await pages.queue.get("a")).job.payload, '{"to":"x"}');
  const many = await read(
    pages.api("/api/jobs", [{ id: "a", kind: "mail", payload: 2 }, { id: "b", kind: "mail" }]),
  );
  assert.deepEqual([many.body.outcomes, many.body.differs], [["waiting", "added"], [true, false]]);
});

Deno.test("many jobs are added at once, all or none", async () => {
  await using pages = await openPages();
  const jobs = Array.from({ length: 3 }, (_, i) => ({ id: `j${i}`, kind: "mail" }));
  const added = await read(pages.api("/api/jobs", jobs));
  assert.equal(added.status, 201);
  assert.deepEqual(added.body.outcomes, ["added", "added", "added"]);
  assert.deepEqual(added.body.jobs.map(({ id }: { id: string }) => id), ["j0", "j1", "j2"]);
  assert.equal((await read(pages.api("/api/jobs", jobs))).status, 200);
  const bad = await read(pages.api("/api/jobs", [{ id: "new", kind: "mail" }, { id: "", kind: "mail" }]));
  assert.equal(bad.status, 400);
  assert.equal((await read(pages.api("/api/jobs/new"))).status, 404);
  assert.deepEqual(await read(pages.api("/api/jobs", [])), {
    status: 200,
    body: { jobs: [], outcomes: [], differs: [], due_at: [] },
  });
});

Deno.test("a call with one finished id says what became of each job, so that no other has to be added again", async () => {
  await using pages = await openPages();
  await read(pages.api("/api/jobs", { id: "done", kind: "mail" }));
  await read(pages.api("/api/jobs/cancel", { ids: ["done"] }));
  const { status, body } = await read(
    pages.api("/api/jobs", [{ id: "done", kind: "mail" }, { kind: "mail", payload: "pay me" }]),
  );
  assert.deepEqual([status, body.error.code], [409, "duplicate_job"]);
  assert.match(body.error.message, /The others of this call were added\.$/);
  const again = await read(pages.api("/api/jobs", Array(3).fill({ id: "done", kind: "mail" })));
  assert.match(again.body.error.message, /2 more of this call are refused as well\.$/);
  const [refused, added] = body.results;
  assert.deepEqual([refused.id, refused.ok, refused.outcome], ["done", false, "refused"]);
  assert.match(refused.error.message, /"done" exists already and is CANCELED: .*replace/);
  assert.deepEqual([added.ok, added.outcome, added.status], [true, "added", "PENDING"]);
  assert.equal((await read(pages.api(`/api/jobs/${added.id}`))).body.payload, "pay me");
});

Deno.test("a call with one finished id does not call a job added that waits with another payload", async () => {
  await using pages = await openPages();
  for (const id of ["done", "later", "same"]) {
    await read(pages.api("/api/jobs", { id, kind: "mail", payload: 1 }));
  }
  await read(pages.api("/api/jobs/cancel", { ids: ["done"] }));
  const add = async (payload: number, more: object[]) => {
    const jobs = ["done", "later", "same"].map((id) => ({
      id,
      kind: "mail",
      payload: id === "later" ? payload : 1,
    }));
    return (await read(pages.api("/api/jobs", [...jobs, ...more]))).body;
  };
  const differing = await add(2, [{ id: "new", kind: "mail" }]);
  assert.deepEqual(
    differing.results.map(({ ok, outcome, differs }: Record<string, unknown>) => [ok, outcome, differs]),
    [[false, "refused", undefined], [true, "waiting", true], [true, "waiting", false], [
      true,
      "added",
      false,
    ]],
  );
  assert.match(
    differing.error.message,
    / Of the others of this call, 1 was added; 2 already waited or ran and are unchanged, 1 of them with another payload or kind\.$/,
  );
  assert.match(
    (await add(1, [])).error.message,
    /, 0 were added; 2 already waited or ran and are unchanged\.$/,
  );
  assert.equal((await read(pages.api("/api/jobs/later"))).body.payload, 1);
});

const BAD_JOBS: [what: string, json: unknown, code: string, words: RegExp][] = [
  ["text", "job", "invalid_job", /object/],
  ["null", null, "invalid_job", /object/],
  ["a number in an array", [{ id: "a", kind: "mail" }, 7], "invalid_job", /Job 2/],
  ["a misspelt field", { id: "a", kind: "mail", runAt: 5 }, "invalid_job", /Did you mean "run_at"/],
  ["an unknown field", { id: "a", kind: "mail", zzzzzzzz: 5 }, "invalid_job", /payload/],
  ["an id that is no text", { id: 7, kind: "mail" }, "invalid_job", /id must be text/],
  ["an empty id", { id: "", kind: "mail" }, "invalid_job", /./],
  ["an endless id", { id: "x".repeat(2001), kind: "mail" }, "invalid_job", /2,000/],
  ["an unknown kind", { id: "a", kind: "nope" }, "unknown_kind", /./],
  ["a kind that every object has", { id: "a", kind: "constructor" }, "unknown_kind", /./],
  ["a priority out of range", { id: "a", kind: "mail", priority: 101 }, "invalid_job", /100/],
  ["a priority in words", { id: "a", kind: "mail", priority: "high" }, "invalid_job", /number/],
  ["a time in words", { id: "a", kind: "mail", run_at: "tomorrow" }, "invalid_job", /run_at/],
  ["a day that no month has", { id: "a", kind: "mail", run_at: "2030-13-99" }, "invalid_job", /run_at/],
  ["replace that is no flag", { id: "a", kind: "mail", replace: "yes" }, "invalid_job", /replace/],
  [
    "a payload beyond 1 MiB",
    { id: "a", kind: "mail", payload: "x".repeat(MIB) },
    "invalid_job",
    /MiB|payload/i,
  ],
  ["too many jobs", Array(10_001).fill({ kind: "mail" }), "invalid_job", /10,000/],
];

sqliteTest(
  "a job that a rule of the database refuses is not added, and the refusal has the code rejected",
  async () => {
    await using on = await testQueue();
    await using pages = await openPages({ queue: on.queue });
    await sqliteShell(
      on.path,
      "CREATE TRIGGER no_mail BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'no mail today'); END;",
    );
    const { status, body } = await read(pages.api("/api/jobs", { id: "a", kind: "mail" }));
    assert.deepEqual([status, body.error.code], [409, "rejected"]);
    assert.match(body.error.message, /no mail today/);
    assert.equal((await on.queue.stats()).counts.PENDING, 0);
  },
);

Deno.test("an invalid job is refused with 400 and a sentence that says why", async (t) => {
  await using pages = await openPages();
  for (const [what, json, code, words] of BAD_JOBS) {
    await t.step(what, async () => {
      const { status, body } = await read(pages.api("/api/jobs", json));
      assert.equal(status, 400);
      assert.equal(body.error.code, code);
      assert.match(body.error.message, words);
    });
  }
  assert.equal((await pages.queue.stats()).counts.PENDING, 0);
  assert.deepEqual(pages.faults, []);
});

Deno.test("a body that cannot be read is refused with the status for its fault", async (t) => {
  await using pages = await openPages();
  const post = (body: BodyInit, type?: string) => {
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      ...(type === undefined ? {} : { "content-type": type }),
    };
    return read(pages.ask("/api/jobs", { method: "POST", headers, body }));
  };
  const json = '{"id":"a","kind":"mail"}';
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"]) {
    await t.step(`415 for ${type}`, async () => assert.equal((await post(json, type)).status, 415));
  }
  await t.step("415 without a type", async () => {
    assert.equal((await post(new TextEncoder().encode(json))).status, 415);
  });
  for (const body of ["", "{", "undefined", '{"id":"a",}']) {
    await t.step(`400 for ${JSON.stringify(body)}`, async () => {
      const { status, body: response } = await post(body, "application/json");
      assert.deepEqual([status, response.error.code], [400, "invalid_json"]);
    });
  }
  await t.step("400 for what is not UTF-8", async () => {
    const { body } = await post(new Uint8Array([0x22, 0xff, 0x22]), "application/json");
    assert.equal(body.error.code, "invalid_json");
  });
  await t.step("400 for JSON that is nested without end", async () => {
    const deep = `{"kind":"mail","payload":${"[".repeat(400_000)}${"]".repeat(400_000)}}`;
    assert.equal((await post(deep, "application/json")).status, 400);
  });
  await t.step("413 for one job of more than 1 MiB", async () => {
    assert.equal((await post(`{"payload":"${"x".repeat(2 * MIB)}"}`, "application/json")).status, 413);
  });
  await t.step("413 for jobs of more than 8 MiB, also when they come without a length", async () => {
    const large = `[${" ".repeat(8 * MIB)}]`;
    assert.equal((await post(large, "application/json")).status, 413);
    assert.equal(
      (await post(ReadableStream.from([new TextEncoder().encode(large)]), "application/json")).status,
      413,
    );
  });
  await t.step("JSON with a charset is accepted", async () => {
    assert.equal((await post(json, "application/json; charset=utf-8")).status, 201);
  });
  assert.deepEqual(pages.faults, []);
});

Deno.test("several jobs of nearly 1 MiB each are added in one call, and the list leaves their payloads out", async () => {
  await using pages = await openPages();
  const jobs = Array.from(
    { length: 4 },
    (_, i) => ({ id: `big${i}`, kind: "mail", payload: "x".repeat(MIB - 100) }),
  );
  assert.equal((await read(pages.api("/api/jobs", jobs))).status, 201);
  const { body } = await read(pages.api("/api/jobs"));
  assert.deepEqual(body.jobs.map(({ payload }: { payload: unknown }) => payload), [null, null, null, null]);
  assert.deepEqual(body.jobs[0].left_out, ["payload"]);
  assert.equal((await read(pages.api("/api/jobs/big0"))).body.payload.length, MIB - 100);
});
