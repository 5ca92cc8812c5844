import assert from "node:assert/strict";
import { StreamPlaces } from "../../ui/live/streams.ts";

function come(places: StreamPlaces): AbortController | null {
  const controller = new AbortController();
  return places.take(controller) ? controller : null;
}

Deno.test("the oldest stream gives way when all places are taken", () => {
  const places = new StreamPlaces({ limit: 2, settledMs: 0 });
  const [first, second] = [come(places), come(places)];
  assert.ok(come(places));
  assert.deepEqual([first?.signal.aborted, second?.signal.aborted], [true, false]);
  assert.ok(come(places));
  assert.equal(second?.signal.aborted, true);
});

Deno.test("a new stream does not give way: a crowd is turned away", () => {
  const places = new StreamPlaces({ limit: 2, settledMs: 60_000 });
  const first = come(places);
  come(places);
  assert.equal(come(places), null);
  assert.equal(first?.signal.aborted, false);
  places.leave(first ?? new AbortController());
  assert.ok(come(places), "a place that is left is free");
});
