/** How threads end, and that their end is reported correctly. */
import assert from "node:assert/strict";
import { MessageChannel } from "node:worker_threads";
import { type ChildOptions, startChild } from "../../workers/child.ts";
import { HostedThreads, type ThreadOptions } from "../../workers/slots/hosted_threads.ts";
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

/** Later than the end of the thread itself, as on a busy machine. */
const LATE_MS = 300;

Deno.test("the error that ended a thread is its reason, even if the host reports it late", async () => {
  const busyHost = {
    start({ onError, onExit }: ThreadOptions) {
      const { port1: port, port2 } = new MessageChannel();
      port.on("close", () =>
        setTimeout(() => {
          onError({ message: "", code: "ERR_WORKER_OUT_OF_MEMORY" });
          onExit();
        }, LATE_MS));
      port2.close();
      return { port, terminate: () => {} };
    },
  } as unknown as HostedThreads;
  const why = await new Promise((onEnd) => {
    startChild<Close, null>({
      ...{ ...TOLD, threads: busyHost, url: LOADING_THREAD, memoryMb: 64, onEnd, onMessage: () => {} },
    });
  });
  assert.equal(why, "It ran out of memory (limit 64 MB, CONSUMER_MEMORY_MB)");
});
