/** Jobs whose handler is there and cannot be loaded: the pages and the API say for what they wait. */
import assert from "node:assert/strict";
import { openPages, type TestPages } from "./open_pages.ts";

/** Two jobs wait for the broken handler of `mail`, one for a consumer. */
async function addHeld({ queue }: TestPages): Promise<void> {
  queue.claimExcept(new Set(["mail"]));
  await queue.add([{ id: "held", kind: "mail" }, { id: "held too", kind: "mail" }]);
  await queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  await queue.add([{ id: "waits", kind: "file" }]);
  await queue.stats();
}

async function textOf(pages: TestPages, path: string, cookie: string): Promise<string> {
  const response = await pages.ask(path, { headers: { cookie } });
  return (await response.text()).replace(/ data-props="[^"]*"/, "").replaceAll(/<[^>]*>/g, " ");
}

Deno.test("a job held for a broken handler is not said to wait for a free consumer", async (t) => {
  await using pages = await openPages();
  await addHeld(pages);
  const cookie = await pages.logIn();
  const why = /the handler for kind mail cannot be loaded/i;
  await t.step("its page", async () => {
    const text = await textOf(pages, "/job?id=held", cookie);
    assert.match(text, why);
    assert.doesNotMatch(text, /Waiting for a free consumer/);
    assert.match(await textOf(pages, "/job?id=waits", cookie), /Waiting for a free consumer/);
  });
  await t.step("its row, and the order of the list", async () => {
    const text = await textOf(pages, "/?status=PENDING", cookie);
    assert.match(text, /its handler cannot be loaded/);
    assert.match(text, /in the order they will run, those without a working handler last/);
  });
  await t.step("the form for another job", async () => {
    assert.match(await textOf(pages, "/add", cookie), /mail – its handler cannot be loaded/);
  });
  await t.step("the API", async () => {
    const fields = async (id: string) => {
      const { no_handler, handler_broken } = await (await pages.api(`/api/jobs/${id}`)).json();
      return { no_handler, handler_broken };
    };
    assert.deepEqual(await fields("held"), { no_handler: true, handler_broken: true });
    assert.deepEqual(await fields("waits"), { no_handler: false, handler_broken: false });
  });
});

Deno.test("Ops does not pass over the jobs of a broken handler when it says how long jobs wait", async () => {
  await using pages = await openPages();
  await addHeld(pages);
  const cookie = await pages.logInToOps();
  const page = async () => await (await pages.askOps("/", { headers: { cookie } })).text();
  assert.match(await page(), /Without a working handler<\/summary>.*?<dd>2<\/dd>/s);
  await pages.queue.move("cancel", ["held", "held too"], "a test");
  assert.doesNotMatch(await page(), /Without a working handler/);
});

Deno.test("the metric of parked jobs does not say that no handler knows them if theirs is broken", async () => {
  await using pages = await openPages();
  await addHeld(pages);
  const cookie = await pages.logInToOps();
  const metrics = await (await pages.askOps("/metrics", { headers: { cookie } })).text();
  assert.match(metrics, /^pq_jobs_parked\{kind="mail"\} 2$/m);
  assert.match(metrics, /^# HELP pq_jobs_parked Waiting jobs that no handler can run/m);
});
