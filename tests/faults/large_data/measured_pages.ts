/**
 * Both pages over one database, in a separate process with the flags of the supervisor, which measures itself.
 * `measured_pages.ts <database>` prints their addresses, and at each line of its input what it measured since the last
 * one: the longest time that the thread was held, and the peak memory of the process.
 */
import { getQueue, type SystemView } from "@persistent-queue/queue";
import { managerApp, opsApp, serve } from "@persistent-queue/ui";
import { PASSWORD, TOKEN } from "../../ui/open_pages.ts";
import { TextLineStream } from "../../support/processes/text_lines.ts";

const [path = ""] = Deno.args;
const LOOK_MS = 5;

const VIEW: SystemView = {
  startedAt: Date.now(),
  stopping: false,
  starting: false,
  consumers: [],
  wedged: 0,
  sweep: { lastAt: null, lastRequeued: 0 },
  producing: false,
  takesFaults: true,
  warnings: [],
  events: Array.from(
    { length: 50 },
    (_, i) => ({
      ...{ at: i, level: "warning", jobId: `${i}`, consumerId: null },
      what: { type: "failed", error: "e".repeat(600) },
    }),
  ),
  trouble: null,
  memoryBytes: 1_000_000,
};

const queue = await getQueue(`sqlite:${path}`, { role: "owner", kinds: ["file", "mail"] });
const system = {
  view: () => VIEW,
  sweep: () => queue.sweep({ held: [], freed: 0 }),
  injectFault: () => false,
};
const options = {
  ...{ queue, system, password: PASSWORD, passwordIsDefault: false, apiToken: TOKEN, host: "127.0.0.1" },
  ...{ version: "1.0.0", onFault: (error: unknown) => console.log(JSON.stringify({ fault: String(error) })) },
};
const served = [managerApp({ ...options, port: 0 }), opsApp({ ...options, port: 0 })].map((app) =>
  serve({ app, hostname: "127.0.0.1", port: 0, setting: "X" })
);
await Promise.all(served.map(({ ready }) => ready));

/** CPU time of this thread, in milliseconds: other programs on a busy machine do not count. */
function processorMs(): number {
  try {
    return Number(Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`).split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}

let heldMs = 0;
let rss = 0;
let last = processorMs();
const watch = setInterval(() => {
  heldMs = Math.max(heldMs, processorMs() - last);
  rss = Math.max(rss, Deno.memoryUsage().rss);
  last = processorMs();
}, LOOK_MS);

console.log(JSON.stringify({ pages: served.map(({ url }) => url) }));
const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
for await (const _ of input) {
  console.log(JSON.stringify({ heldMs, rss }));
  [heldMs, rss] = [0, 0];
}
clearInterval(watch);
for (const page of served) await page.close();
await queue.close();
