/** A thread that is ended for its memory takes as long as the collections of its full heap. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import type { LifeEvents } from "../../workers/child.ts";
import { readSettings } from "../../workers/config.ts";
import type { Dispatcher } from "../../workers/dispatcher.ts";
import { ConsumerSlot } from "../../workers/slots/consumer_slot.ts";
import { WedgedThreads } from "../../workers/slots/wedged_threads.ts";

Deno.test("threads that were ended for their memory do not count as hanging in native code while their heaps are collected", async () => {
  const told: string[] = [];
  const wedged = new WedgedThreads({ tell: (_, text) => told.push(text), onTooMany: assert.fail });
  const lives: Partial<LifeEvents>[] = [];
  const settings = readSettings({ env: {}, dotenv: null, startDir: "/srv/queue" });
  const slotOf = (slot: number) =>
    new ConsumerSlot({
      ...{ slot, settings, wedged, handlers: new URL(import.meta.url), clock: () => performance.now() },
      spawn: ({ onReady, onEnd, onMessage }) => {
        lives.push({ onEnd });
        onMessage({ type: "ready" });
        queueMicrotask(() => onReady?.());
        return { post: () => {}, end: () => {} };
      },
      dispatcher: { join: () => {}, leave: () => 0 } as unknown as Dispatcher,
      ...{ onReady: () => {}, onRestart: () => {}, onWarning: () => {}, onUnloadable: () => {} },
    });
  const [leaking, alsoLeaking, native] = [slotOf(1), slotOf(2), slotOf(3)];
  for (const slot of [leaking, alsoLeaking, native]) slot.fill();
  await Promise.resolve();
  const ended = native.id;
  leaking.endAndBlame("It ran out of memory");
  alsoLeaking.endAndBlame("It ran out of memory");
  native.giveUp("It is silent");

  await eventually("only the silent one does", () => wedged.count > 0, { withinMs: 10_000 });
  assert.equal(told.length, 1);
  assert.ok(told[0]?.startsWith(`The thread of consumer ${ended} hangs in native code`), told[0]);
  for (const { onEnd } of lives) onEnd?.("The test is over");
  await Promise.all([leaking, alsoLeaking, native].map((slot) => slot.stop(0)));
});
