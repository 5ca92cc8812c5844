/** The pages of the Manager and the responses to their forms, without a browser. */
import assert from "node:assert/strict";
import { BACKEND } from "../support/backend.ts";
import type { MoveAllOptions } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { CONSUMER, openPages, type TestPages } from "./open_pages.ts";

interface Visitor {
  readonly pages: TestPages;
  /** The text of a page, and its status. */
  page(path: string): Promise<{ readonly status: number; readonly text: string }>;
  /** The note that an action returns. */
  act(
    path: string,
    fields: Record<string, string>,
  ): Promise<{ readonly tone: string; readonly text: string }>;
}

async function visit(pages: TestPages): Promise<Visitor> {
  const cookie = await pages.logIn();
  return {
    pages,
    async page(path) {
      const response = await pages.ask(path, { headers: { cookie } });
      return { status: response.status, text: words(await response.text()) };
    },
    async act(path, fields) {
      const headers = { cookie, accept: "application/json" };
      const response = await pages.ask(path, { method: "POST", headers, body: new URLSearchParams(fields) });
      assert.equal(response.status, 200);
      return (await response.json()).note;
    },
  };
}

/** What a reader reads. */
function words(html: string): string {
  return html.replace(/<[^>]*>/g, "").replaceAll("&quot;", '"').replaceAll(/\s+/g, " ");
}

function mails(n: number, prefix = "job") {
  return Array.from({ length: n }, (_, i) => ({ id: `${prefix} ${i}`, kind: "mail" }));
}

Deno.test("a button that was drawn for another state of the job does nothing, and says why", async (t) => {
  await using pages = await openPages();
  const visitor = await visit(pages);
  await pages.queue.add(mails(1));
  const { job } = await pages.queue.get("job 0");
  const press = (verb: string, status: string, lease: number) =>
    visitor.act(`/${verb}?status=${status}&lease=${lease}`, { id: "job 0" });
  await t.step("another status", async () => {
    assert.deepEqual(await press("cancel", "FAILED", job.lease), {
      tone: "warning",
      text: "This job has changed meanwhile: it is PENDING now. Nothing was done.",
    });
  });
  await t.step("another attempt", async () => {
    const { text } = await press("cancel", "PENDING", job.lease + 1);
    assert.match(text, /it is PENDING again, after another attempt/);
  });
  assert.equal((await pages.queue.get("job 0")).job.status, "PENDING");
  await t.step("the same state", async () => {
    assert.deepEqual(await press("cancel", "PENDING", job.lease), {
      tone: "good",
      text: "Job canceled.",
      undo: { ids: ["job 0"], isAll: true },
    });
  });
  await t.step("a second click is no failure", async () => {
    assert.deepEqual(await press("cancel", "PENDING", job.lease), {
      tone: "good",
      text: "The job is already CANCELED.",
    });
  });
});

Deno.test("a note about a failure has another tone than one about a success", async () => {
  await using pages = await openPages();
  const visitor = await visit(pages);
  await pages.queue.add(mails(1));
  await pages.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.deepEqual(await visitor.act("/resubmit", { id: "job 0" }), {
    tone: "danger",
    text: "Nothing was changed: a job that is PROCESSING cannot be resubmitted.",
  });
  assert.equal((await visitor.act("/cancel", { id: "nobody" })).tone, "danger");
  assert.equal((await visitor.act("/cancel", {})).tone, "warning");
  assert.equal((await visitor.act("/sweep", {})).text, "Checked: no job is stalled.");
});

Deno.test("a cancel of selected jobs can be undone like that of one job, except for those that had failed", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  await pages.queue.add(mails(3));
  const send = async (verb: string, ids: readonly string[]) => {
    const body = new URLSearchParams(ids.map((id) => ["id", id]));
    const headers = { cookie, accept: "application/json" };
    return (await (await pages.ask(`/${verb}`, { method: "POST", headers, body })).json()).note;
  };
  const { undo } = await send("cancel", ["job 0", "job 1"]);
  assert.deepEqual(undo, { ids: ["job 0", "job 1"], isAll: true });
  assert.deepEqual(await send("resubmit", undo.ids), { tone: "good", text: "Resubmitted 2 jobs." });
  const { claimed: [job] } = await pages.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.ok(job);
  await pages.queue.settle([{ job, outcome: { type: "gave-up", error: "no" } }]);
  const mixed = await send("cancel", ["job 0", "job 1", "job 2"]);
  assert.deepEqual(mixed.undo.ids, ["job 0", "job 1", "job 2"].filter((id) => id !== job.id));
  assert.equal(mixed.undo.isAll, false);
});

Deno.test("the question before an action on all that match names their number and what they are", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add([...mails(3), { id: "other", kind: "file" }]);
  const some = await page("/confirm?verb=cancel&kind=mail&q=job");
  assert.match(some.text, /Cancel 3 jobs\?/);
  assert.match(some.text, /jobs of kind mail whose id contains “job”/);
  const all = await page("/confirm?verb=cancel");
  assert.match(
    all.text,
    /Cancel 4 jobs\?These are all PENDING, PROCESSING, FAILED and UNPROCESSABLE jobs at/,
  );
  const none = await page("/confirm?verb=resubmit");
  assert.match(none.text, /Nothing to do.*all FAILED, UNPROCESSABLE and CANCELED jobs/);
  assert.equal((await page("/confirm?verb=cancel&status=zzz")).status, 400);
});

Deno.test("an address or a form of the Manager that gives a filter twice is refused, not read as its first value", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add([...mails(1), { id: "other", kind: "file" }]);
  for (
    const [path, name] of [
      ["/?kind=mail&kind=file", "kind"],
      ["/view/list?status=PENDING&q=job&status=FAILED", "status"],
      ["/confirm?verb=cancel&kind=mail&kind=file", "kind"],
      ["/job?id=other&id=job+0", "id"],
    ] as const
  ) {
    const { status, text } = await page(path);
    assert.equal(status, 400, path);
    assert.match(text, new RegExp(`The parameter "${name}" is given twice`), path);
  }
  const headers = { cookie: await pages.logIn(), "content-type": "application/x-www-form-urlencoded" };
  const body = "verb=cancel&kind=mail&kind=file";
  const response = await pages.ask("/all", { method: "POST", headers, body });
  assert.equal(response.status, 400, await response.text());
  assert.equal((await pages.queue.stats()).counts.CANCELED, 0);
  assert.equal((await page("/?kind=mail&note=moved&note=moved")).status, 200);
  const several = await page("/?status=PENDING,FAILED&kind=mail");
  assert.match(several.text, /job 0/);
});

Deno.test("counting for the question ends at ten thousand", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  for (const prefix of ["a", "b"]) await pages.queue.add(mails(6_000, prefix));
  // On a busy server two seconds of counting may come to an end sooner.
  const most = BACKEND === "sqlite"
    ? /Cancel more than 10,000 jobs\?/
    : /Cancel (more than 10|at least \d),\d{3} jobs\?/;
  assert.match((await page("/confirm?verb=cancel&kind=mail")).text, most);
});

Deno.test("a Manager page that does not exist keeps the header and the links", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  for (const path of ["/job?id=nobody", "/nothing", "/?status=zzz"]) {
    const { status, text } = await page(path);
    assert.ok(status === 404 || status === 400, path);
    assert.match(text, /Consumers.*Add job.*Log out/, path);
  }
  const response = await pages.ask("/static/nothing");
  assert.doesNotMatch(await response.text(), /Log out/);
});

Deno.test("the header links to Ops under the host name that the visitor used", async () => {
  await using pages = await openPages({ otherPort: 8502 });
  const cookie = await pages.logIn();
  const response = await pages.ask("/", { headers: { cookie, host: "localhost:8501" } });
  assert.match(await response.text(), /<a href="http:\/\/localhost:8502">Ops<\/a>/);
});

Deno.test("a list is gathered once for all readers of the same moment", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  let gathered = 0;
  const { list } = pages.queue;
  Object.assign(pages.queue, {
    list: (request: Parameters<typeof list>[0]) => {
      if (request.status === undefined) gathered++;
      return list.call(pages.queue, request);
    },
  });
  const look = async (path: string) =>
    (await (await pages.ask(path, { headers: { cookie } })).json()).jobs.length;
  const eight = () => Promise.all(Array.from({ length: 8 }, () => look("/view/list")));
  await eight();
  assert.equal(gathered, 1);
  await look("/view/list?q=a");
  assert.equal(gathered, 2);
  await pages.queue.add(mails(1));
  assert.deepEqual(await eight(), Array(8).fill(1), "a change is seen at once");
  assert.equal(gathered, 3);
});

Deno.test("rows that the reader holds on to are refreshed, whatever became of their jobs", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  const added = await pages.queue.add(mails(3));
  const seqs = added.map(({ job }) => job.seq);
  await pages.queue.move("cancel", ["job 1"], "test");
  const path = `/view/list?status=PENDING&kept=${[...seqs, 999].join()}`;
  const { jobs, kept } = await (await pages.ask(path, { headers: { cookie } })).json();
  assert.deepEqual(jobs.map(({ id }: { id: string }) => id), ["job 0", "job 2"]);
  assert.deepEqual(kept.map(({ id, status }: { id: string; status: string }) => [id, status]), [
    ["job 1", "CANCELED"],
  ]);
});

Deno.test("a move of all that match shows how far it is on every page, stops when asked to, and runs once", async () => {
  await using pages = await openPages();
  const visitor = await visit(pages);
  await pages.queue.add([...mails(3), { id: "a.txt" }]);
  const { promise: moving, resolve: begin } = Promise.withResolvers<void>();
  Object.assign(pages.queue, {
    moveAll: async (_verb: string, _filter: unknown, { onProgress, signal }: MoveAllOptions) => {
      onProgress?.(2);
      begin();
      await new Promise((stopped) => signal?.addEventListener("abort", stopped));
      return 2;
    },
  });
  const fields = { verb: "cancel", kind: "mail" };
  const first = visitor.act("/all", fields);
  await moving;
  assert.equal((await visitor.act("/all", fields)).text, "This is already in progress.");
  for (const path of ["/", "/consumers", "/job?id=job+1"]) {
    assert.match((await visitor.page(path)).text, /Canceling all jobs of kind mail: 2 of 3\s?Stop/, path);
  }
  assert.equal(await first, null, "the progress on the page says it");
  assert.equal((await visitor.act("/all/stop", { number: "1" })).tone, "good");
  await eventually("it has stopped", async () => {
    return (await visitor.page("/")).text.includes("Stopped: canceled 2 jobs.");
  });
  assert.equal((await visitor.act("/all/stop", { number: "1" })).text, "It had already ended.");
});

Deno.test("a move of all that match is not refused as already in progress while one with another filter runs", async () => {
  await using pages = await openPages();
  const visitor = await visit(pages);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let begun = 0;
  Object.assign(pages.queue, {
    moveAll: async () => {
      begun++;
      await stopped;
      return 0;
    },
  });
  const all = { verb: "cancel", status: "PENDING", q: "bulk" };
  const filters = [all, { ...all, changed_since: "1h" }, { ...all, due: "now" }, { ...all, due: "later" }];
  const running: Promise<unknown>[] = [];
  for (const filter of filters) {
    running.push(visitor.act("/all", filter));
    await eventually("it is not refused", () => begun === running.length);
  }
  for (const filter of filters) {
    assert.equal((await visitor.act("/all", filter)).text, "This is already in progress.");
  }
  stop();
  await Promise.all(running);
});

Deno.test("a move of all that match whose filter is refused leaves none that runs for ever", async () => {
  await using pages = await openPages();
  const visitor = await visit(pages);
  await pages.queue.add(mails(1));
  const headers = { cookie: await pages.logIn(), accept: "application/json" };
  for (const wrong of [{ due: "someday" }, { changed_since: "x" }, { status: "GONE" }]) {
    const body = new URLSearchParams({ verb: "cancel", kind: "mail", ...wrong });
    const response = await pages.ask("/all", { method: "POST", headers, body });
    await response.body?.cancel();
    assert.equal(response.status, 400);
  }
  assert.doesNotMatch((await visitor.page("/")).text, /Canceling all/);
  assert.equal((await visitor.act("/all", { verb: "cancel", kind: "mail" })).text, "Job canceled.");
});

Deno.test("a silent consumer is called silent, with the time since its last heartbeat", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  pages.view = { ...pages.view, consumers: [{ ...CONSUMER, state: "silent", heartbeatAgeMs: 12_400 }] };
  assert.match((await page("/consumers")).text, /silent––12 s ago/);
  pages.view = { ...pages.view, consumers: [{ ...CONSUMER, state: "working", heartbeatAgeMs: 900 }] };
  assert.match((await page("/consumers")).text, /working/);
});

Deno.test("a job that waits for its time to run says when that is", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add([{ id: "later", kind: "mail", runAt: Date.now() + 3_599_000 }]);
  assert.match((await page("/")).text, /due in 59 min 5\d s/);
  assert.match((await page("/job?id=later")).text, /DetailsKindmail.*Due\d+ \w+ \d+/);
  await pages.queue.add([{ id: "again", kind: "mail" }]);
  const { claimed: [job] } = await pages.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.ok(job);
  await pages.queue.settle([{ job, outcome: { type: "retry-later", delayMs: 89_900, error: "Not yet" } }]);
  assert.match((await page("/")).text, /again in 1 min 2\d s/);
});

Deno.test("the list says how many jobs match, and beside a search the tabs show no counts", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add(mails(60));
  assert.match((await page("/")).text, /All 60PENDING 60.*60 jobs · newest first/);
  const found = (await page("/?q=job+59")).text;
  assert.match(found, /1 job found · newest first/);
  assert.match(found, /All –PENDING –PROCESSING –/, "without the counts of all jobs");
  assert.match((await page("/?kind=mail")).text, /more than 50 jobs found/);
});

Deno.test("an action on all that match is offered only if it is legal for some of them", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add([{ id: "done", kind: "mail" }]);
  const { claimed: [job] } = await pages.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.ok(job);
  await pages.queue.settle([{ job, outcome: { type: "returned", result: null } }]);
  assert.doesNotMatch((await page("/?kind=mail")).text, /all that match/);
  await pages.queue.add([{ id: "waits", kind: "mail" }]);
  const { text } = await page("/?kind=mail");
  assert.match(text, /Cancel all that match/);
  assert.doesNotMatch(text, /Resubmit all that match/);
});

Deno.test("the list shows when a job was added, how long it waited and took, and what it is about", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add([{ id: "told", kind: "mail", payload: { to: "anna" }, priority: 7 }]);
  const { text } = await page("/");
  assert.match(text, /AddedWaitedTook/);
  assert.match(text, /toldprio 7\{"to":"anna"\}mailPENDING/);
});

Deno.test("the lists have titles of their own, by which tabs and the history can be told apart", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  const title = async (path: string) =>
    /<title>(.*?)<\/title>/.exec(await (await pages.ask(path, { headers })).text())?.[1];
  assert.equal(await title("/"), "Manager · Persistent Queue");
  assert.equal(await title("/?status=FAILED&kind=mail"), "FAILED jobs of kind mail · Persistent Queue");
  assert.equal(await title("/?stalled=1"), "Stalled jobs · Persistent Queue");
  await pages.queue.add(mails(1));
  assert.equal(await title("/job?id=job+0"), "job 0 · Persistent Queue");
});

Deno.test("a warning of the system is on every page", async () => {
  await using pages = await openPages();
  const { page } = await visit(pages);
  await pages.queue.add(mails(1));
  pages.view = { ...pages.view, trouble: "The disk is full.", warnings: ["Consumers are slow."] };
  for (const path of ["/", "/consumers", "/job?id=job+0"]) {
    assert.match((await page(path)).text, /2 warnings.*The disk is full\..*Consumers are slow\./, path);
  }
});

Deno.test("a consumer is not called silent between two heartbeats that HEARTBEAT_MS sets far apart", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  pages.view = { ...pages.view, consumers: [{ ...CONSUMER, state: "working", heartbeatAgeMs: 4_900 }] };
  const page = await (await pages.ask("/consumers", { headers })).text();
  assert.match(page, />working</);
  assert.doesNotMatch(page, />silent</);
});

Deno.test("a job whose id looks like the page's data attribute does not replace it", async () => {
  await using pages = await openPages();
  const id = 'data-props="-" <&"> $& data-props=""';
  await pages.queue.add([{ id, kind: "mail" }]);
  const html = await (await pages.ask("/", { headers: { cookie: await pages.logIn() } })).text();
  assert.equal(html.split('data-props="').length, 2);
  const [, escaped = ""] = /<div id="app" translate="no" data-props="([^"]*)">/.exec(html) ?? [];
  const json = escaped.replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
  assert.equal(JSON.parse(json).view.jobs[0].id, id);
});
