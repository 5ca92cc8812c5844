/** Responses that are not read, and bodies that come all at once: memory holds a few of them, the others wait. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { yieldToEventLoop } from "@persistent-queue/queue";
import { Outflow } from "../../ui/http/backpressure.ts";
import { openPages } from "./open_pages.ts";

class Answer extends EventEmitter {
  constructor(public writableLength: number) {
    super();
  }
  destroy(): void {
    this.emit("close");
  }
}

Deno.test("while much is unsent the next response waits, until a reader that takes nothing is cut off", async () => {
  const outflow = new Outflow({ maxUnsent: 1_000, patienceMs: 300 });
  const [deaf, slow, small] = [new Answer(600), new Answer(500), new Answer(10)];
  for (const response of [deaf, slow, small]) outflow.follow(response);
  const reading = setInterval(() => slow.writableLength -= 1, 10);
  let isDeafGone = false;
  deaf.once("close", () => isDeafGone = true);
  const since = performance.now();
  assert.equal(await outflow.room(), true);
  clearInterval(reading);
  assert.ok(isDeafGone, "the one that takes nothing was cut off");
  assert.ok(performance.now() - since >= 300, "but not before its time");
  assert.ok(slow.writableLength > 0, "the one that reads goes on");
  assert.equal(await outflow.room(), true, "and now no response waits");
  await yieldToEventLoop();
});

Deno.test("many large bodies at once are read in turn, and each gets its response", async () => {
  await using pages = await openPages();
  const payload = "x".repeat(1_000_000);
  const answers = await Promise.all(Array.from({ length: 24 }, async (_, i) => {
    const response = await pages.api(
      "/api/jobs",
      [0, 1, 2].map((n) => ({ id: `${i} ${n}`, kind: "mail", payload })),
    );
    await response.body?.cancel();
    return response.status;
  }));
  assert.deepEqual(new Set(answers), new Set([201]));
  assert.equal((await pages.queue.stats()).counts.PENDING, 72);
});
