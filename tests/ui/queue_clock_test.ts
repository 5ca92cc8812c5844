/** The pages and the API count by the clock of the queue: on a server, the machine's may be minutes ahead of it. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { openLog, readSettings, Supervisor } from "@persistent-queue/workers";
import { claimNext } from "../support/queue/attempts.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";
import { openPages } from "./open_pages.ts";

const AHEAD_MS = 60_000;
const queueClock = () => Date.now() - AHEAD_MS;

Deno.test("a running job is not called stalled by a host that is a minute ahead of the server", async () => {
  await using pages = await openPages({}, { clock: queueClock });
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  await claimNext(pages.queue);
  const { status, stalled } = await (await pages.api("/api/jobs/a")).json();
  assert.deepEqual({ status, stalled }, { status: "PROCESSING", stalled: false });
});

Deno.test("what changed a moment ago is found, and canceled, by a host that is a minute ahead of the server", async () => {
  await using pages = await openPages({}, { clock: queueClock });
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  const { jobs } = await (await pages.api("/api/jobs?changed_since=30s")).json();
  assert.deepEqual(jobs.map(({ id }: { id: string }) => id), ["a"]);
  const canceled = await (await pages.api("/api/jobs/cancel", { filter: { changed_since: "30s" } })).json();
  assert.equal(canceled.canceled, 1);
});

Deno.test("the pages of a host that is a minute ahead of the server do not say that the sweep was a minute ago", async () => {
  await using folder = await tempFolder();
  const queue = await getQueue(urlFor(folder.file("queue.db")), { role: "owner", now: queueClock });
  const log = openLog({ dir: folder.path, level: "error", name: "jobqueue" });
  try {
    const settings = readSettings({ env: { PRODUCER_INTERVAL_MS: "0" }, dotenv: null });
    const supervisor = new Supervisor({ queue, settings, log, onFatal: () => {} });
    await supervisor.sweep();
    const { startedAt, sweep: { lastAt } } = supervisor.view();
    for (const time of [startedAt, lastAt]) assert.ok(Number(time) <= queue.now(), `${time}`);
  } finally {
    log.close();
    await queue.close();
  }
});
