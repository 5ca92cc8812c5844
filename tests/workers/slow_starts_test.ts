/** Many threads on a busy machine: they start a few at a time, and slowness does not count as a fault. */
import assert from "node:assert/strict";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { eventually } from "../support/eventually.ts";
import { type Child, type LifeEvents, startChild } from "../../workers/child.ts";
import type { Close } from "../../workers/protocol.ts";
import type { HostedThreads, ThreadOptions } from "../../workers/slots/hosted_threads.ts";
import { StartTurns } from "../../workers/slots/start_turns.ts";
import { ThreadSlot } from "../../workers/slots/thread_slot.ts";
import { WedgedThreads } from "../../workers/slots/wedged_threads.ts";

/** Threads that do nothing by themselves. */
class SilentThreads {
  /** The threads' ends of their channels, by name. */
  readonly started = new Map<string, MessagePort>();

  start({ name, onExit }: ThreadOptions) {
    const { port1: port, port2 } = new MessageChannel();
    this.started.set(name, port2);
    return { port, terminate: () => (port2.close(), onExit()) };
  }

  get names(): string {
    return [...this.started.keys()].join(" ");
  }
}

function begin(
  name: string,
  { threads, turns, startMs = 60_000 }: { threads: SilentThreads; turns: StartTurns; startMs?: number },
) {
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>();
  const { promise: unusable, resolve } = Promise.withResolvers<string>();
  const child: Child<Close> = startChild<Close, null>({
    ...{ name, turns, startMs, onEnd, url: new URL(import.meta.url), start: null },
    threads: threads as unknown as HostedThreads,
    onMessage: () => {},
    onUnusable: (why) => {
      child.end(why, { atOnce: true });
      resolve(why);
    },
  });
  return { child, ended, unusable };
}

Deno.test("threads start a few at a time, each when an earlier one is ready or has failed", async () => {
  const threads = new SilentThreads();
  const turns = new StartTurns(2);
  const children = ["a", "b", "c", "d", "e"].map((name) => begin(name, { threads, turns }));
  assert.equal(threads.names, "a b");
  threads.started.get("a")?.postMessage(JSON.stringify({ type: "ready" }));
  await eventually("the third starts", () => threads.names === "a b c");
  children[3]?.child.end("It is not needed", { atOnce: true });
  assert.equal(await children[3]?.ended, "It is not needed");
  children[1]?.child.end("It failed", { atOnce: true });
  assert.equal(threads.names, "a b c e", "one that ended while it waited never starts");
  for (const { child, ended } of children) {
    child.post({ type: "close" });
    child.end("The test is over", { atOnce: true });
    await ended;
  }
});

Deno.test("the time that a thread may take to start begins with its turn", async () => {
  const threads = new SilentThreads();
  const turns = new StartTurns(1);
  const first = begin("first", { threads, turns, startMs: 100 });
  const second = begin("second", { threads, turns, startMs: 1 });
  const order: string[] = [];
  await Promise.all([
    first.unusable.then(() => order.push("first")),
    second.unusable.then(() => order.push("second")),
  ]);
  assert.deepEqual(order, ["first", "second"]);
  await Promise.all([first.ended, second.ended]);
});

Deno.test("a thread that was never ready does not count as hanging in native code", async () => {
  const told: string[] = [];
  const wedged = new WedgedThreads({ tell: (_, text) => told.push(text), onTooMany: assert.fail });
  const lives: LifeEvents[] = [];
  const slotOf = () =>
    new ThreadSlot<Close>({
      ...{ role: "consumer", wedged, clock: () => performance.now() },
      spawn: (_, events) => {
        lives.push(events);
        return { post: () => {}, end: () => {} };
      },
      onOver: () => ({ wasUseful: false, work: null }),
    });
  const [slow, native] = [slotOf(), slotOf()];
  slow.fill();
  slow.replace("It did not start in time");
  native.fill();
  lives.at(-1)?.onReady();
  native.replace("It is silent");
  await eventually("the other one does", () => wedged.count > 0, { withinMs: 10_000 });
  assert.equal(told.length, 1);
  for (const { onEnd } of lives) onEnd("The test is over");
  await Promise.all([slow.stop({ type: "close" }, 0), native.stop({ type: "close" }, 0)]);
});
