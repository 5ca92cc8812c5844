/** How much one client may send and ask for at once. */
import assert from "node:assert/strict";
import { askFor, type Line, LINES, prepare } from "./every_route.ts";
import { OPEN_OPS, openPages } from "./open_pages.ts";

function bodyOf({ json }: Line, bytes: number): string {
  return json === undefined ? `id=${"x".repeat(bytes - 3)}` : `"${"x".repeat(bytes - 2)}"`;
}

Deno.test("a body above its limit is refused with 413 at every route that reads one", async (t) => {
  await using pages = await openPages();
  await prepare(pages);
  const cookie = await pages.logIn();
  const lines = LINES.filter((line) => line.server === "manager" && line.limit !== undefined);
  assert.ok(lines.length >= 10);
  for (const line of lines) {
    await t.step(line.route, async () => {
      const limit = line.limit ?? 0;
      const over = await askFor(pages, line, { headers: { cookie }, body: bodyOf(line, limit + 1) });
      assert.equal(over.status, 413);
      const within = await askFor(pages, line, { headers: { cookie }, body: bodyOf(line, limit) });
      assert.notEqual(within.status, 413);
      assert.ok(within.status < 500, String(within.status));
    });
  }
  assert.deepEqual(pages.faults, []);
});

Deno.test("a payload of a mebibyte can be added with the form, in any script, and a larger one is refused there", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  const add = async (id: string, letters: number) => {
    const body = new URLSearchParams({ kind: "mail", id, payload: `"${"語".repeat(letters)}"` });
    const response = await pages.ask("/add", { method: "POST", headers, body });
    return [response.status, await response.text()] as const;
  };
  const letters = Math.floor((1024 * 1024 - 2) / 3);
  assert.equal((await add("fits", letters))[0], 303);
  const [status, page] = await add("too large", letters + 1);
  assert.deepEqual([status, page.includes('role="alert"')], [400, true]);
  assert.equal((await pages.queue.stats()).counts.PENDING, 1);
});

Deno.test("a full page of jobs can be ticked and canceled, however long their ids are", async () => {
  await using pages = await openPages();
  const ids = Array.from({ length: 200 }, (_, i) => `${i} ${"語".repeat(1_990)}`);
  await pages.queue.add(ids.map((id) => ({ id, kind: "mail" })));
  const headers = { cookie: await pages.logIn() };
  const body = new URLSearchParams(ids.map((id) => ["id", id]));
  const response = await pages.ask("/cancel", { method: "POST", headers, body });
  await response.body?.cancel();
  assert.equal(response.status, 303);
  assert.equal((await pages.queue.stats()).counts.CANCELED, 200);
});

Deno.test("one call adds at most eight megabytes and ten thousand jobs", async () => {
  await using pages = await openPages();
  const add = async (jobs: unknown) => {
    const response = await pages.api("/api/jobs", jobs);
    await response.body?.cancel();
    return response.status;
  };
  const jobs = (count: number, payload: string) =>
    Array.from({ length: count }, (_, i) => ({ id: `${i}`, kind: "mail", payload }));
  assert.equal(await add(jobs(7, "x".repeat(1_000_000))), 201);
  assert.equal(await add(jobs(9, "x".repeat(1_000_000))), 413);
  assert.equal(
    await add(jobs(1, "x".repeat(1_048_576))),
    400,
    "a payload may be one mebibyte, its quotes included",
  );
  assert.equal(await add(jobs(10_001, "")), 400);
  assert.equal((await pages.queue.stats()).counts.PENDING, 7);
});

Deno.test("a request for too many jobs is refused with numbers that are easy to read", async () => {
  await using pages = await openPages();
  const refusal = async (path: string, body: unknown) => (await (await pages.api(path, body)).json()).error;
  const ids = Array.from({ length: 20_000 }, (_, i) => `${i}`);
  const jobs = await refusal("/api/jobs", ids.map((id) => ({ id })));
  assert.equal(jobs.message, "At most 10,000 jobs at once; these are 20,000.");
  const moves = await refusal("/api/jobs/cancel", { ids });
  assert.equal(moves.message, "At most 10,000 ids at once; these are 20,000.");
});

Deno.test("a page of the list has 200 jobs at most", async (t) => {
  await using pages = await openPages();
  await pages.queue.add(Array.from({ length: 260 }, (_, i) => ({ id: `job ${i}`, kind: "mail" })));
  const cookie = await pages.logIn();
  await t.step("the API gives as many as it is asked for, up to 200", async () => {
    for (
      const [limit, count] of [["", 50], ["1", 1], ["200", 200], ["00200", null], ["201", null]] as const
    ) {
      const response = await pages.api(`/api/jobs?limit=${limit}`);
      const { jobs } = await response.json();
      assert.deepEqual([response.status, jobs?.length ?? null], [count === null ? 400 : 200, count], limit);
    }
  });
  await t.step("anything but a number from 1 to 200 is refused", async () => {
    for (
      const limit of ["0", "-1", "999", "1e2", "1.5", "0x10", "200 ", "NaN", "9".repeat(400), "%00", "2,3"]
    ) {
      const response = await pages.api(`/api/jobs?limit=${encodeURIComponent(limit)}`);
      await response.body?.cancel();
      assert.equal(response.status, 400, limit);
    }
  });
  await t.step("the page of the Manager shows no more either", async () => {
    for (const limit of ["200", "201", "99999", "9".repeat(400)]) {
      const response = await pages.ask(`/view/list?limit=${limit}`, { headers: { cookie } });
      assert.equal((await response.json()).jobs.length, 200, limit);
    }
  });
});

Deno.test("fifty streams are served, half of them by each server, and no other page suffers", async () => {
  await using pages = await openPages(OPEN_OPS);
  const headers = { cookie: await pages.logIn() };
  const streams = await Promise.all(
    Array.from({ length: 30 }, () => [pages.ask("/events", { headers }), pages.askOps("/events")]).flat(),
  );
  const statuses = streams.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 50);
  assert.equal(statuses.filter((status) => status === 503).length, 10);
  for (const { status, headers } of streams) {
    assert.equal(headers.get("retry-after"), status === 503 ? "30" : null);
  }
  for (const ask of [pages.ask, pages.askOps]) assert.equal((await ask("/", { headers })).status, 200);
  for (const { body } of streams) await body?.cancel();
});

Deno.test("the refusal of a request that is too large states the limit", async () => {
  await using pages = await openPages();
  const job = (size: number) => ({ kind: "mail", payload: "x".repeat(size) });
  const refusals = [
    ["/api/jobs", job(1_100_000), "This job is too large: at most 1,064,960 bytes are accepted."],
    [
      "/api/jobs",
      [job(1), job(1_100_000)],
      "The job at [1] is too large: at most 1,064,960 bytes are accepted.",
    ],
    [
      "/api/jobs",
      Array.from({ length: 9 }, () => job(1_000_000)),
      "The body of this request is too large: at most 8,388,608 bytes are accepted.",
    ],
    [
      "/api/jobs/cancel",
      { ids: Array.from({ length: 2_000 }, () => "x".repeat(600)) },
      "The body of this request is too large: at most 1,064,960 bytes are accepted.",
    ],
    [
      "/api/jobs/cancel",
      Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`${i}`, i])),
      "This JSON has too many fields: at most 1,000 are accepted.",
    ],
  ] as const;
  for (const [path, body, message] of refusals) {
    const response = await pages.api(path, body);
    assert.equal(response.status, 413);
    assert.deepEqual(await response.json(), { error: { code: "too_large", message } });
  }
});
