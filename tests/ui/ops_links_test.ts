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

Deno.test("the link beside the number of failed jobs leads to all of them, UNPROCESSABLE and FAILED", async () => {
  await using pages = await openPages({ ...OPEN_OPS, port: 9002, otherPort: 9001 });
  await pages.queue.add(["a", "b", "c"].map((id) => ({ id, kind: "mail" })));
  const { claimed } = await pages.queue.claim([{ consumerId: "c", limit: 2, suspect: false }]);
  const gaveUp = { type: "gave-up", error: "no use" } as const;
  const threw = { type: "threw", error: "no" } as const;
  const [one, other] = claimed;
  assert.ok(one && other);
  const lists = async () => {
    const html = await (await pages.askOps("/", { authority: "localhost:9002" })).text();
    return /href="http:\/\/localhost:9001(\/\?status=[^"]*)">See the jobs</.exec(html)?.[1] ?? "";
  };
  await pages.queue.settle([{ job: one, outcome: gaveUp }]);
  assert.equal(await lists(), "/?status=FAILED");
  await pages.queue.settle([{ job: { ...other, retries: 3 }, outcome: threw }]);
  const list = await lists();
  assert.equal(list, "/?status=FAILED%2CUNPROCESSABLE");
  const headers = { cookie: await pages.logIn() };
  const text = (await (await pages.ask(list, { headers })).text()).replaceAll(/<[^>]*>/g, "");
  assert.match(text, /2 jobs · newest first/);
});
