/** Numbers and keys on their way in and out: to the letter, or refused by name. */
import assert from "node:assert/strict";
import { openPages, TOKEN } from "./open_pages.ts";

type TestDesk = Awaited<ReturnType<typeof openPages>>;

function post(pages: TestDesk, body: string): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  return pages.ask("/api/jobs", { method: "POST", headers, body });
}

Deno.test("numbers in unusual notations are stored and shown to the letter, alone and in an array", async () => {
  await using pages = await openPages();
  const payload =
    '{"v":-0,"price":1.10,"n":[1e3,9007199254740991,0.1,0.0000001,1000000000000000000000],"2":0,"1":0}';
  assert.equal(
    (await post(pages, `{"id":"one","kind":"mail","priority":5.0,"payload":${payload}}`)).status,
    201,
  );
  assert.equal((await post(pages, `[{"id":"two","kind":"mail","payload":${payload}}]`)).status, 201);
  for (const id of ["one", "two"]) {
    assert.equal((await pages.queue.get(id)).job.payload, payload);
    assert.ok((await (await pages.api(`/api/jobs/${id}`)).text()).includes(`"payload":${payload}`));
  }
  assert.equal((await pages.queue.get("one")).job.priority, 5);
});

Deno.test("the refusal of a number that would be rounded quotes it and its place, and nothing is stored", async () => {
  await using pages = await openPages();
  const bodies = [
    ['{"kind":"mail","payload":{"id":1970670598291982290}}', /1970670598291982290 at payload\.id/],
    ['[{"kind":"mail"},{"kind":"mail","payload":[1e400]}]', /1e400 at \[1\]\.payload\[0\]/],
    ['{"kind":"mail","payload":0.12345678901234567891}', /0\.12345678901234567891 at payload/],
    ['{"kind":"mail","payload":{"a":1,"b":{"c":1,"c":2}}}', /key "c" appears twice/],
    ['[{"id":"a","kind":"mail"},{"id":"b","id":"c","kind":"mail"}]', /key "id" appears twice/],
  ] as const;
  for (const [body, words] of bodies) {
    const response = await post(pages, body);
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code], [400, "invalid_json"]);
    assert.match(error.message, words);
  }
  assert.equal((await pages.queue.stats()).counts.PENDING, 0);
});

Deno.test("the form refuses a number that would be rounded, and gives back what was typed", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  const body = new URLSearchParams({ kind: "mail", payload: '{"id":1970670598291982290}' });
  const response = await pages.ask("/add", {
    method: "POST",
    headers: { cookie, origin: "http://127.0.0.1:8501" },
    body,
  });
  assert.equal(response.status, 400);
  const page = await response.text();
  assert.match(page, /the number 1970670598291982290 at id/);
  assert.match(
    page,
    /<textarea[^>]*aria-describedby="add-payload-hint add-error"[^>]*aria-invalid[^>]*autofocus/,
  );
  assert.ok(page.indexOf('id="add-error"') > page.indexOf("<textarea"), "the error is below its field");
});

Deno.test("in a long array the place of a number is its place in the whole", async () => {
  await using pages = await openPages();
  const jobs = Array.from({ length: 600 }, (_, i) => `{"kind":"mail","payload":"${i} ${"x".repeat(500)}"}`);
  jobs[599] = '{"kind":"mail","payload":1e999}';
  const response = await post(pages, `[${jobs}]`);
  assert.match((await response.json()).error.message, /1e999 at \[599\]\.payload/);
});
