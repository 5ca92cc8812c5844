/** How many jobs a consumer is given ahead depends on how long its recent jobs took. */
import assert from "node:assert/strict";
import type { Claimed } from "@persistent-queue/queue";
import { ConsumerHandle } from "../../workers/dispatch/consumer_handle.ts";
import { ThreadState } from "../../workers/dispatch/thread_state.ts";
import { Attempt } from "../../workers/thread/attempt.ts";
import { Results } from "../../workers/thread/results.ts";
import type { Clock } from "../../workers/thread/runtime.ts";
import { MAX_IN_FLIGHT } from "../../workers/protocol.ts";

const SLOW_MS = 24;
const SHORT_MS = 0.01;

function idleConsumer(): ConsumerHandle {
  const handle = new ConsumerHandle({ consumerId: "c", slot: 1, post: () => {}, now: () => 0 });
  handle.ready = true;
  return handle;
}

const room = (handle: ConsumerHandle) => handle.room(MAX_IN_FLIGHT);

Deno.test("a consumer whose first job was slow gets the most jobs after ten reports of short ones", () => {
  const handle = idleConsumer();
  handle.observe(1, { busyMs: SLOW_MS });
  const earned: number[] = [];
  for (let i = 0; i < 10; i++) {
    earned.push(room(handle));
    handle.observe(room(handle), { busyMs: room(handle) * SHORT_MS });
  }
  assert.equal(room(handle), MAX_IN_FLIGHT, `room for ${earned}`);
  assert.equal(earned[0], 1);
});

Deno.test("a consumer whose jobs alternate between slow and short is given one at a time", () => {
  const handle = idleConsumer();
  for (let i = 0; i < 10; i++) {
    handle.observe(1, { busyMs: SLOW_MS });
    handle.observe(1, { busyMs: SHORT_MS });
  }
  assert.equal(room(handle), 1);
});

Deno.test("short jobs with payloads of a megabyte are given a few at a time, whatever waits for its next attempt", () => {
  const handle = idleConsumer();
  for (let i = 0; i < 10; i++) handle.observe(MAX_IN_FLIGHT, { busyMs: MAX_IN_FLIGHT * SHORT_MS });
  const payload = JSON.stringify("x".repeat(1_000_000));
  const large = (seq: number): Claimed => ({
    ...{ consumerId: "c", seq, lease: 1, id: `${seq}`, kind: "noop", payload },
    ...{ retries: 0, crashes: 0, suspect: false },
  });
  for (let i = 0; i < 4; i++) handle.give([large(i)], { soon: false });
  assert.ok(room(handle) > 100);
  handle.give([large(4)], { soon: false });
  assert.equal(room(handle), 0);
  handle.clear();
  for (let i = 0; i < 70; i++) {
    assert.equal(handle.waiting.isFull, i > 67, `${i} wait`);
    handle.waiting.add(large(i), { at: null, now: () => 0, onDue: () => {} });
  }
  assert.ok(room(handle) > 100);
  handle.clear();
  assert.ok(!handle.waiting.isFull);
});

Deno.test("the time that a handler takes to load is not counted as its first job's", async () => {
  let now = 1_000;
  const clock: Clock = { now: () => now, wallNow: () => now, after: () => () => {} };
  const handler = () => void (now += 5);
  const load = () => {
    now += 300;
    return Promise.resolve({ handler });
  };
  const message = { ticket: 1, seq: 1, lease: 1, id: "a", kind: "mail", payload: "null", attempt: 1 };
  const attempt = new Attempt(message, {
    ...{ consumerId: "c", settings: { filesDir: "/", startDir: "/", workMs: 0, severalHosts: false }, clock },
    ...{
      state: new ThreadState(),
      handlers: { loaded: () => null, load },
      onLoading: () => {},
      onLoaded: () => {},
      onUnloadable: () => {},
      isUsable: () => true,
      log: () => {},
    },
  });
  await attempt.run();
  assert.equal(clock.now() - attempt.began, 5);
});

const LARGE_CHARS = 1_000_000;

Deno.test("tiny jobs that return a mebibyte each are given a few at a time", () => {
  const handle = idleConsumer();
  handle.observe(1, { busyMs: SHORT_MS, chars: LARGE_CHARS });
  assert.equal(room(handle), 4);
});

Deno.test("a consumer is given nothing more while its results wait for the store, and again once they are stored", () => {
  const handle = idleConsumer();
  for (let i = 0; i < 5; i++) handle.observe(1, { busyMs: SHORT_MS, chars: LARGE_CHARS });
  assert.equal(room(handle), 0);
  handle.settled({ completed: [], others: [], chars: 5 * LARGE_CHARS });
  assert.equal(room(handle), 4);
});

Deno.test("tiny jobs that suddenly return a mebibyte each go back while thousands of megabytes would fill the memory", () => {
  const handle = idleConsumer();
  const job = (seq: number): Claimed => ({
    ...{ consumerId: "c", seq, lease: 1, id: `${seq}`, kind: "noop", payload: "null" },
    ...{ retries: 0, crashes: 0, suspect: false },
  });
  handle.give(Array.from({ length: 10 }, (_, i) => job(i)), { soon: false });
  const [first] = handle.inFlight.values();
  assert.ok(first !== undefined && handle.tickets.begin(first.ticket));
  handle.observe(8, { busyMs: SHORT_MS, chars: 8 * LARGE_CHARS });
  assert.equal(handle.takeBackIfFlooded().length, 0);
  handle.observe(9, { busyMs: SHORT_MS, chars: 9 * LARGE_CHARS });
  assert.equal(handle.takeBackIfFlooded().length, 9, "all but the one that has begun");
});

Deno.test("large results are reported as soon as they make a mebibyte, before the supervisor's memory is full of them", () => {
  const sent: number[] = [];
  const clock: Clock = { now: () => 0, wallNow: () => 0, after: () => () => {} };
  const results = new Results(
    (message) => message.type === "results" && sent.push(message.results.length),
    clock,
  );
  const outcome = { type: "returned", result: "x".repeat(LARGE_CHARS / 2) } as const;
  for (let ticket = 0; ticket < 6; ticket++) results.add({ ticket, outcome, ranMs: 0 });
  assert.deepEqual(sent, [3, 3]);
});
