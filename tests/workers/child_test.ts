/** How threads end, and that their end is reported correctly. */
import assert from "node:assert/strict";
import { type ChildOptions, startChild } from "../../workers/child.ts";
import { HostedThreads } from "../../workers/slots/hosted_threads.ts";
import type { Close } from "../../workers/protocol.ts";

const LOADING_THREAD = new URL("./loading_thread.ts", import.meta.url);
const TRIES = 20;
const LOADING_MS = 40;

const TOLD: Pick<ChildOptions<null>, "name" | "start" | "onUnusable"> = {
  name: "thread of a test",
  start: null,
  onUnusable: (why) => assert.fail(why),
};

Deno.test("ending a thread while it loads modules does not end the process", async () => {
  using threads = new HostedThreads();
  for (let n = 0; n < TRIES; n++) {
    const why = await new Promise((onEnd) => {
      const child = startChild<Close, null>({
        ...{ ...TOLD, threads, url: LOADING_THREAD, onEnd },
        onMessage: () => setTimeout(() => child.end("The test is done with it"), Math.random() * LOADING_MS),
      });
    });
    assert.equal(why, "The test is done with it");
  }
});
