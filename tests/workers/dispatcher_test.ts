/** The dispatcher alone: the test controls when its queue responds, and plays the part of its threads. */
import assert from "node:assert/strict";
import {
  type ClaimAnswer,
  type Claimed,
  type Consumer,
  type Outcome,
  type QueueEvent,
  StorageError,
  type Verdict,
} from "@persistent-queue/queue";
import { ConsumerHandle } from "../../workers/dispatch/consumer_handle.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import type { ToConsumer } from "../../workers/protocol.ts";
import { eventually } from "../support/eventually.ts";
import { sleep } from "../../queue/basics/time.ts";

const JOB: Claimed = {
  ...{ consumerId: "c1", seq: 1, lease: 1, id: "a job", kind: "noop", payload: "null" },
  ...{ retries: 0, crashes: 0, suspect: false },
};
const ONE_JOB: ClaimAnswer = { claimed: [JOB], nextRunAt: null };

Deno.test("a job that is canceled while the end of its attempt is being stored is not tried again", async () => {
  const { dispatcher, handle, posted, end, answers } = await busyDesk();
  end({ type: "threw", error: "It broke" });
  dispatcher.cancel({ seq: JOB.seq, lease: JOB.lease });
  answers[0]?.resolve([{ type: "again", delayMs: 10, retries: 1 }]);
  await sleep(50);
  assert.deepEqual(posted.map(({ type }) => type), ["jobs", "settled"]);
  assert.deepEqual(dispatcher.leases, []);
  assert.equal(handle.waiting.size, 0);
  await dispatcher.stop(0);
});

Deno.test("a stop waits until a job whose attempt just failed is back in the store", async () => {
  const { dispatcher, end, answers } = await busyDesk();
  end({ type: "threw", error: "It broke" });
  let stopped = false;
  const stop = dispatcher.stop(0).then(() => stopped = true);
  await sleep(10);
  answers[0]?.resolve([{ type: "again", delayMs: 10, retries: 1 }]);
  await sleep(50);
  assert.equal(answers.length, 2, "it goes back");
  assert.ok(!stopped, "that is not stored yet");
  answers[1]?.resolve([{ type: "stored" }]);
  await stop;
});

Deno.test("a job that ends while another program holds the lock is stored when the lock ends, also during a stop", async () => {
  const { dispatcher, end, answers, settled } = await busyDesk();
  end({ type: "returned", result: null });
  const stop = dispatcher.stop(0);
  const locked = () => new StorageError("The database is locked by another program.", { passing: true });
  for (let tried = 0; tried < 3; tried++) {
    await eventually(`try ${tried}`, () => answers.length > tried);
    answers[tried]?.reject(locked());
  }
  await eventually("it is tried again", () => answers.length > 3);
  answers[3]?.resolve([{ type: "stored" }]);
  await stop;
  assert.deepEqual(settled.flat().map(({ outcome }) => outcome.type), Array(4).fill("returned"));
});

Deno.test("a heartbeat that arrives after the stop leaves no timer behind", async () => {
  const { dispatcher, handle, end, answers } = await busyDesk();
  end({ type: "returned", result: null });
  answers[0]?.resolve([{ type: "stored" }]);
  await dispatcher.stop(0);
  dispatcher.beat(handle);
});

Deno.test("a job that a sweep took during its claim is not begun by a consumer that was hanging", async () => {
  const { dispatcher, handle } = await openDesk(Promise.resolve(ONE_JOB));
  const [held] = handle.inFlight.values();
  assert.ok(held !== undefined);
  dispatcher.hear(swept(JOB));
  assert.ok(!handle.tickets.begin(held.ticket));
  assert.deepEqual(dispatcher.leases, []);
  await dispatcher.stop(0);
});

Deno.test("a job that a sweep took while its claim was in flight is given to no consumer", async () => {
  const claim = Promise.withResolvers<ClaimAnswer>();
  const { dispatcher, posted } = await openDesk(claim.promise);
  dispatcher.hear(swept(JOB));
  claim.resolve(ONE_JOB);
  await sleep(0);
  assert.deepEqual(posted, []);
  assert.deepEqual(dispatcher.leases, []);
  await dispatcher.stop(0);
});

Deno.test("a job that was set to PENDING by hand and then canceled is taken from the consumer that still holds it", async () => {
  const { dispatcher } = await openDesk(Promise.resolve(ONE_JOB));
  assert.equal(dispatcher.leases.length, 1);
  const { id, kind, seq, lease } = JOB;
  const moved = { type: "moved", verb: "cancel", by: "a test", isOneOfMany: false } as const;
  dispatcher.hear({ ...moved, id, kind, from: "PENDING", lease: { seq, lease } });
  assert.deepEqual(dispatcher.leases, []);
  await dispatcher.stop(0);
});

Deno.test("a job that another host has taken, and that is canceled here, is not begun under the lost lease", async () => {
  const { dispatcher } = await openDesk(Promise.resolve(ONE_JOB));
  const { id, kind, seq, lease } = JOB;
  const moved = { type: "moved", verb: "cancel", by: "a test", isOneOfMany: false } as const;
  dispatcher.hear({ ...moved, id, kind, from: "PENDING", lease: { seq, lease: lease + 1 } });
  assert.deepEqual(dispatcher.leases, []);
  await dispatcher.stop(0);
});

Deno.test("when more retries are due at once than a consumer has tickets for, the rest go to others unharmed", async () => {
  const jobs = Array.from({ length: 5_000 }, (_, seq) => ({ ...JOB, seq, id: `job ${seq}` }));
  const [failing, lasting] = [jobs.slice(0, 2_500), jobs.slice(2_500)];
  const second = Promise.withResolvers<ClaimAnswer>();
  const { dispatcher, handle, settled, answers } = await openDesk(
    Promise.resolve({ claimed: failing, nextRunAt: null }),
    second.promise,
  );
  dispatcher.results(handle, breakAll(handle));
  answers[0]?.resolve(failing.map(() => ({ type: "again", delayMs: 1, retries: 1 })));
  await promised(() => handle.waiting.size === failing.length);
  second.resolve({ claimed: lasting, nextRunAt: null });
  await promised(() => handle.inFlight.size === lasting.length);
  assert.equal(handle.waiting.size, failing.length);
  for (const ticket of handle.inFlight.keys()) assert.ok(handle.tickets.begin(ticket));

  await eventually("all are due", () => handle.waiting.size === 0);
  const back = settled.slice(1).flat();
  assert.ok(back.length > 0 && back.every(({ outcome }) => outcome.type === "handed-back"));
  assert.equal(handle.inFlight.size + back.length, jobs.length);
  assert.ok(handle.inFlight.size > 4_000, `${handle.inFlight.size} are in flight`);
  assert.equal(handle.room(128), 0);

  dispatcher.leave("c1", { type: "crashed", detail: "The test is over" });
  for (const { resolve } of answers) resolve([]);
  await dispatcher.stop(0);
});

Deno.test("failed jobs with payloads of a megabyte wait in the store when a consumer holds 64 of them", async () => {
  const payload = JSON.stringify("x".repeat(1_048_574));
  const failing = Array.from({ length: 70 }, (_, seq) => ({ ...JOB, payload, seq, id: `job ${seq}` }));
  const { dispatcher, handle, settled, answers } = await openDesk(
    Promise.resolve({ claimed: failing, nextRunAt: null }),
  );
  dispatcher.results(handle, breakAll(handle));
  answers[0]?.resolve(failing.map(() => ({ type: "again", delayMs: 60_000, retries: 1 })));
  await promised(() => settled.length > 1);
  const back = settled.slice(1).flat();
  assert.deepEqual(back.map(({ outcome }) => outcome.type), Array(6).fill("handed-back"));
  assert.equal(handle.waiting.size, 64);
  assert.ok(handle.room(512) > 0, "it takes other jobs");
  dispatcher.leave("c1", { type: "crashed", detail: "The test is over" });
  for (const { resolve } of answers) resolve([]);
  await dispatcher.stop(0);
});

Deno.test("a job during which three threads in a row die for an unknown reason is charged with the third death", async () => {
  const claim = (retries: number): Promise<ClaimAnswer> =>
    Promise.resolve({ claimed: [{ ...JOB, retries }], nextRunAt: null });
  const { dispatcher, handle, settled, answers } = await openDesk(...[0, 0, 1, 1, 1, 1].map(claim));
  const died = { type: "crashed", detail: "A promise failed", guilty: null } as const;
  for (let current = handle;;) {
    const [ticket] = current.inFlight.keys();
    if (ticket === undefined) break;
    assert.ok(current.tickets.begin(ticket));
    dispatcher.leave("c1", died);
    answers.at(-1)?.resolve([{ type: "stored" }]);
    current = new ConsumerHandle({ consumerId: "c1", slot: 1, post: () => {}, now: () => performance.now() });
    current.ready = true;
    dispatcher.join(current);
    await sleep(0);
  }
  const guilty = settled.flat().map(({ outcome }) => "guilty" in outcome && outcome.guilty);
  assert.deepEqual(guilty, [false, false, false, false, true, true]);
  const [third] = settled.flat().filter(({ outcome }) => "guilty" in outcome && outcome.guilty);
  assert.match(JSON.stringify(third?.outcome), /A promise failed \(3 times in a row while this job ran\)/);
  await dispatcher.stop(0);
});

/** Waits for what promises alone bring about: no timer fires meanwhile. */
async function promised(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !isSo(); turn++) await null;
  assert.ok(isSo());
}

function swept(job: Claimed): QueueEvent {
  return { type: "swept", freed: 0, requeued: [{ ...job, status: "PENDING", wasRunning: true }] };
}

/** A dispatcher with one consumer, which runs one job. The test decides when each settlement is stored. */
async function busyDesk() {
  const opened = await openDesk(Promise.resolve(ONE_JOB));
  const { dispatcher, handle } = opened;
  const [ticket = -1] = handle.inFlight.keys();
  assert.ok(handle.tickets.begin(ticket));
  const end = (outcome: Outcome) => {
    handle.tickets.end(ticket);
    dispatcher.results(handle, [{ ticket, outcome, ranMs: 1 }]);
  };
  return { ...opened, end };
}

/** Every job that the consumer holds begins and fails. */
function breakAll(handle: ConsumerHandle) {
  return [...handle.inFlight.keys()].map((ticket) => {
    assert.ok(handle.tickets.begin(ticket));
    handle.tickets.end(ticket);
    return { ticket, outcome: { type: "threw", error: "It broke" }, ranMs: 1 } as const;
  });
}

/**
 * A dispatcher with one consumer, whose claims return `claims` in turn. The test decides when each settlement
 * is stored.
 */
async function openDesk(...claims: Promise<ClaimAnswer>[]) {
  const settled: Parameters<Consumer["settle"]>[0][] = [];
  const answers: PromiseWithResolvers<Verdict[]>[] = [];
  const queue: Consumer = {
    maxPrefetch: 512,
    now: Date.now,
    claim: () => claims.shift() ?? Promise.resolve({ claimed: [], nextRunAt: null }),
    claimAfter: () => {},
    claimExcept: () => {},
    renew: (leases) => Promise.resolve(leases.map(() => true)),
    settle: (attempts) => {
      settled.push(attempts);
      const answer = Promise.withResolvers<Verdict[]>();
      answers.push(answer);
      return answer.promise;
    },
  };
  const posted: ToConsumer[] = [];
  const post = (message: ToConsumer) => void posted.push(message);
  const clock = () => performance.now();
  const handle = new ConsumerHandle({ consumerId: "c1", slot: 1, post, now: clock });
  handle.ready = true;
  const onError = (error: unknown) => assert.fail(String(error));
  const dispatcher = new Dispatcher({ queue, clock, onUnusable: assert.fail, onError });
  dispatcher.join(handle);
  await sleep(0);
  return { dispatcher, handle, posted, settled, answers };
}
