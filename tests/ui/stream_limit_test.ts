import assert from "node:assert/strict";
import { StreamLimit } from "../../ui/live/streams.ts";

function come(streams: StreamLimit): AbortController | null {
  const controller = new AbortController();
  return streams.take(controller) ? controller : null;
}

Deno.test("the oldest stream gives way when all places are taken", () => {
  const streams = new StreamLimit({ most: 2, settledMs: 0 });
  const [first, second] = [come(streams), come(streams)];
  assert.ok(come(streams));
  assert.deepEqual([first?.signal.aborted, second?.signal.aborted], [true, false]);
  assert.ok(come(streams));
  assert.equal(second?.signal.aborted, true);
});

Deno.test("a new stream is not ended for another: a crowd is turned away", () => {
  const streams = new StreamLimit({ most: 2, settledMs: 60_000 });
  const first = come(streams);
  come(streams);
  assert.equal(come(streams), null);
  assert.equal(first?.signal.aborted, false);
  streams.leave(first ?? new AbortController());
  assert.ok(come(streams), "a place that is left is free");
});
