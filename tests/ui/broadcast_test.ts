import assert from "node:assert/strict";
import { Broadcast, type BroadcastOptions } from "../../ui/live/broadcast.ts";
import { eventually } from "../support/eventually.ts";

/** A broadcast of numbers; `say` publishes the next one. */
function numbers(options: Partial<BroadcastOptions> = {}) {
  let number = 0;
  let rendered = 0;
  const faults: unknown[] = [];
  const broadcast = new Broadcast({
    render: () => Promise.resolve(String((rendered++, number))),
    mark: () => number,
    tickMs: 1,
    restMs: 60_000,
    onFault: (error) => faults.push(error),
    ...options,
  });
  return { broadcast, faults, say: (next: number) => number = next, rendered: () => rendered };
}

Deno.test("a reader that takes nothing gets the newest text when it comes back, and nothing has piled up", async () => {
  const { broadcast, say, rendered } = numbers();
  const reader = broadcast.follow(new AbortController());
  assert.equal((await reader.next()).value, "0");
  for (let i = 1; i <= 20; i++) {
    say(i);
    await eventually("it is rendered", () => rendered() > i);
  }
  assert.equal((await reader.next()).value, "20");
  broadcast.close();
  assert.equal((await reader.next()).done, true);
});

Deno.test("a reader that takes nothing for too long is disconnected", async () => {
  const { broadcast } = numbers({ patienceMs: 20 });
  const controller = new AbortController();
  const reader = broadcast.follow(controller);
  await reader.next();
  await eventually("it is sent away", () => controller.signal.aborted);
  assert.equal((await reader.next()).done, true);
});

Deno.test("a reader that waits for news is never disconnected, and gets the text again after the longest pause", async () => {
  const { broadcast } = numbers({ patienceMs: 5, restMs: 40 });
  const controller = new AbortController();
  const reader = broadcast.follow(controller);
  await reader.next();
  assert.equal((await reader.next()).value, "0");
  assert.equal(controller.signal.aborted, false);
  controller.abort();
  assert.equal((await reader.next()).done, true);
});

Deno.test("nothing is rendered without a reader, and the next reader begins with the newest text", async () => {
  const { broadcast, say, rendered } = numbers();
  const first = broadcast.follow(new AbortController());
  await first.next();
  await first.return(undefined);
  say(7);
  const before = rendered();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(rendered(), before);
  const second = broadcast.follow(new AbortController());
  assert.equal((await second.next()).value, "7");
  await second.return(undefined);
});

Deno.test("an error while rendering is reported, and the broadcast goes on", async () => {
  let isBroken = true;
  const render = () => isBroken ? Promise.reject(new Error("broken")) : Promise.resolve("whole");
  const { broadcast, faults } = numbers({ render, restMs: 1 });
  const reader = broadcast.follow(new AbortController());
  const next = reader.next();
  await eventually("it is told", () => faults.length > 0);
  isBroken = false;
  assert.equal((await next).value, "whole");
  await reader.return(undefined);
});
