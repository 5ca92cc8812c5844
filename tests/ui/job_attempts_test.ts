/** The attempts on the page of a job: in the order of the timeline, with what restarted the job between them. */
import assert from "node:assert/strict";
import { withRestarts } from "../../ui/manager/attempts.tsx";
import type { AttemptView, WireHistory } from "../../ui/manager/views.ts";
import { openPages, type TestPages } from "./open_pages.ts";

const attempt = (number: number, at: number): AttemptView => ({
  ...{ number, outcome: "failed", started_at: at, ended_at: at + 10, ran_ms: 10, consumer_id: "c" },
  ...{ error: "no", detail: null, log: null },
});

const resubmitted = (at: number): WireHistory => ({
  ...{ at, event: "resubmitted", lease: 1, retries: 0, consumer_id: null, detail: null, taken_at: null },
});

/** `1`, `1 again`, `resubmitted`. */
const lines = (view: Parameters<typeof withRestarts>[0]) =>
  withRestarts(view).map((line) =>
    "restart" in line
      ? line.restart.event
      : line.isRepeated
      ? `${line.attempt.number} again`
      : `${line.attempt.number}`
  );

Deno.test("attempts that are numbered from 1 again are set apart from those before the resubmit", () => {
  const attempts = [attempt(1, 100), attempt(2, 200), attempt(1, 300)];
  assert.deepEqual(lines({ attempts, history: [resubmitted(250)] }), ["1", "2", "resubmitted", "1"]);
  assert.deepEqual(lines({ attempts, history: [resubmitted(250), resubmitted(400)] }).at(-1), "resubmitted");
  assert.deepEqual(lines({ attempts, history: [resubmitted(50)] }), ["1", "2", "1"], "before what is shown");
});

Deno.test("an attempt that has the number of a lost one before it says that it is made again", () => {
  assert.deepEqual(lines({ attempts: [attempt(1, 100), attempt(1, 200)], history: [] }), ["1", "1 again"]);
  assert.deepEqual(
    lines({ attempts: [attempt(1, 100), attempt(1, 200)], history: [resubmitted(150)] }),
    ["1", "resubmitted", "1"],
  );
});

/** The page of a job that completed with this result. */
async function pageAfter(pages: TestPages, result: string | null): Promise<string> {
  await pages.queue.add([{ id: "done", kind: "mail", replace: true }]);
  const { claimed: [job] } = await pages.queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  assert.ok(job);
  await pages.queue.settle([{ job, outcome: { type: "returned", result } }]);
  const html = await (await pages.ask("/job?id=done", { headers: { cookie: await pages.logIn() } })).text();
  return html.replace(/data-props="[^"]*"/, "").replaceAll(/<[^>]*>/g, "");
}

Deno.test("the page of a completed job without a result says where to see whether one was dropped", async () => {
  await using pages = await openPages();
  const text = await pageAfter(pages, null);
  assert.match(text, /None is stored\. A result that is larger than 1 MiB.*consumer_c\.log says so/);
  assert.doesNotMatch(await pageAfter(pages, "null"), /None is stored/, "the handler returned null");
  assert.doesNotMatch(await pageAfter(pages, '{"sent":true}'), /None is stored/);
});
