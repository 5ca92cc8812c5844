import assert from "node:assert/strict";
import { CONSUMER, OPEN_OPS, openPages } from "./open_pages.ts";

Deno.test("counts, job ids and the header link to the Manager, under the host name that the visitor used", async () => {
  await using pages = await openPages({ ...OPEN_OPS, port: 9002, otherPort: 9001 });
  const what = { type: "failed", error: "no use" } as const;
  const event = { at: 1, level: "warning", jobId: "data/files/b c.txt", consumerId: null, what } as const;
  pages.view = { ...pages.view, consumers: [{ ...CONSUMER, jobId: "data/files/a.txt" }], events: [event] };
  const page = await (await pages.askOps("/", { authority: "localhost:9002" })).text();
  for (
    const href of [
      'href="http://localhost:9001"',
      'href="http://localhost:9001/?status=UNPROCESSABLE"',
      'href="http://localhost:9001/job?id=data%2Ffiles%2Fa.txt"',
      'href="http://localhost:9001/job?id=data%2Ffiles%2Fb+c.txt"',
    ]
  ) assert.ok(page.includes(href), href);
});

Deno.test("where the port of the Manager is not known, no link leads there", async () => {
  await using pages = await openPages(OPEN_OPS);
  const page = await (await pages.askOps("/")).text();
  assert.doesNotMatch(page, /href="http/);
  assert.doesNotMatch(page, />Manager</);
});
