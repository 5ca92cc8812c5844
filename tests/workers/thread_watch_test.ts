/** The watch over deadlines: the test plays the part of the thread and of the clock. */
import assert from "node:assert/strict";
import { ConsumerHandle } from "../../workers/dispatch/consumer_handle.ts";
import { ThreadWatch } from "../../workers/dispatch/thread_watch.ts";
import type { Result } from "../../workers/protocol.ts";
import { eventually } from "../support/eventually.ts";

const DEADLINE_MS = 4_000;
/** Notices each time that the watch goes through the consumers. */
class WatchedMap extends Map<string, ConsumerHandle> {
  rounds = 0;

  override values(): MapIterator<ConsumerHandle> {
    this.rounds += 1;
    return super.values();
  }
}

/** It goes through them twice for each look. */
const A_LOOK = 2;
/** More than the watch waits for, once it thinks that a job is past its deadline. */
const MANY_ROUNDS = 15 * A_LOOK;

Deno.test("a module that loads for longer than the deadline of its handler takes nothing from it", async () => {
  let now = 0;
  const overdue: Result[] = [];
  const handle = new ConsumerHandle({ consumerId: "c", slot: 0, post: () => {}, now: () => now });
  const consumers = new WatchedMap([["c", handle]]);
  const watch = new ThreadWatch({
    consumers,
    clock: () => now,
    onOverdue: (_handle, result) => overdue.push(result),
    onStuck: (_id, why) => assert.fail(why),
    onNoReport: (_id, why) => assert.fail(why),
  });
  const afterRounds = (count: number) => {
    const enough = consumers.rounds + count;
    return eventually(`${count} rounds`, () => consumers.rounds >= enough);
  };
  const job = { consumerId: "c", seq: 1, lease: 1, id: "a job", kind: "slow", payload: "null" };
  handle.give([{ ...job, retries: 0, crashes: 0, suspect: false }], { soon: false });
  const [ticket = 0] = handle.inFlight.keys();
  assert.ok(handle.tickets.begin(ticket));
  try {
    watch.watch();
    await afterRounds(A_LOOK);
    now += 6_000;
    await afterRounds(A_LOOK);
    handle.state.deadlineMs = DEADLINE_MS;
    now += DEADLINE_MS - 1_000;
    await afterRounds(MANY_ROUNDS);
    assert.deepEqual(overdue, []);
    now += DEADLINE_MS;
    await eventually("it is past its deadline", () => overdue.length > 0);
    const error = "It ran past its deadline of 4 s, and was cut off with its thread";
    const ranMs = 2 * DEADLINE_MS - 1_000;
    assert.deepEqual(overdue[0], { ticket, outcome: { type: "timed-out", error }, ranMs });
  } finally {
    watch.stop();
  }
});
