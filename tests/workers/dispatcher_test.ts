/** The dispatcher by itself: its queue answers when the test lets it, its threads are what the test does. */
import assert from "node:assert/strict";
import type { Claimed, Consumer, Verdict } from "@persistent-queue/queue";
import { Desk } from "../../workers/dispatch/desk.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import type { ToConsumer } from "../../workers/protocol.ts";
import { sleep } from "../../workers/sleep.ts";

const JOB: Claimed = {
  ...{ consumerId: "c1", seq: 1, lease: 1, id: "a job", kind: "noop", payload: "null" },
  ...{ retries: 0, crashes: 0, suspect: false },
};

Deno.test("a job that is canceled while the end of its attempt is being stored is not tried again", async () => {
  const claims = [{ claimed: [JOB], nextRunAt: null }];
  const stored = Promise.withResolvers<Verdict[]>();
  const queue: Consumer = {
    claim: () => Promise.resolve(claims.pop() ?? { claimed: [], nextRunAt: null }),
    renew: (leases) => Promise.resolve(leases.map(() => true)),
    settle: () => stored.promise,
  };
  const posted: ToConsumer[] = [];
  const post = (message: ToConsumer) => void posted.push(message);
  const desk = new Desk({ consumerId: "c1", slot: 1, post, now: () => performance.now() });
  desk.ready = true;
  const dispatcher = new Dispatcher({
    queue,
    now: Date.now,
    clock: () => performance.now(),
    onStubborn: assert.fail,
    onError: (error) => assert.fail(String(error)),
  });
  dispatcher.join(desk);
  await sleep(0);
  const [ticket = -1] = desk.held.keys();
  assert.ok(desk.tickets.begin(ticket));
  desk.tickets.end(ticket);
  dispatcher.results(desk, [{ ticket, outcome: { type: "threw", error: "It broke" } }], 1);
  dispatcher.cancel({ seq: JOB.seq, lease: JOB.lease });
  stored.resolve([{ type: "again", runAt: Date.now() + 10, retries: 1 }]);
  await sleep(50);
  assert.deepEqual(posted.map(({ type }) => type), ["jobs", "settled"]);
  assert.deepEqual(dispatcher.leases, []);
  await dispatcher.stop(0);
});
