/** When the claimer asks the queue, and when it waits. */
import assert from "node:assert/strict";
import type { ClaimAnswer, Claimed, ClaimRequest } from "@persistent-queue/queue";
import { Claimer } from "../../workers/dispatch/claimer.ts";
import type { ConsumerHandle } from "../../workers/dispatch/consumer_handle.ts";
import { sleep } from "../../queue/basics/time.ts";

/** What the claimer sees of a consumer. */
function consumer(consumerId: string, state: { room: number; hasSuspect: boolean }): ConsumerHandle {
  const seen = {
    ...{ consumerId, requested: 0, waiting: { size: 0 }, progressAt: 0 },
    room: () => state.room,
    get hasSuspect() {
      return state.hasSuspect;
    },
  };
  return seen as unknown as ConsumerHandle;
}

function job(seq: number, consumerId: string, suspect = false): Claimed {
  return {
    ...{ seq, consumerId, suspect, lease: 1, id: `job ${seq}`, kind: "noop", payload: "null" },
    ...{ retries: 0, crashes: suspect ? 2 : 0 },
  };
}

Deno.test("a consumer gets a suspect while many jobs wait: the others continue, and do not wait for the next wake-up", async () => {
  const [one, two] = [{ room: 2, hasSuspect: false }, { room: 2, hasSuspect: false }];
  const answers: Claimed[][] = [[job(1, "c1", true), job(2, "c2"), job(3, "c2")], [
    job(4, "c2"),
    job(5, "c2"),
  ]];
  const asked: (readonly ClaimRequest[])[] = [];
  const claimer = new Claimer({
    queue: {
      claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer> {
        asked.push(requests);
        return Promise.resolve({ claimed: answers.shift() ?? [], nextRunAt: null });
      },
    } as never,
    consumers: new Map([["c1", consumer("c1", one)], ["c2", consumer("c2", two)]]),
    now: () => Date.now(),
    onClaimed: (jobs) =>
      jobs.forEach(({ suspect }) => suspect && Object.assign(one, { room: 0, hasSuspect: true })),
    onError: (error) => assert.fail(String(error)),
    onIdle: () => {},
  });
  claimer.wake();
  await sleep(10);
  claimer.stop();
  const plain = (consumerId: string) => ({ consumerId, limit: 2, suspect: false });
  const all = [{ consumerId: "c1", limit: 1, suspect: true }, plain("c1"), plain("c2")];
  assert.deepEqual(asked, [all, [plain("c2")], [plain("c2")]], "until one finds nothing");
});

Deno.test("while jobs wait, a consumer is given as many as the store allows, and one if none may wait", async () => {
  const most: number[] = [];
  const room = (limit: number) => most.push(limit) > 2 ? 0 : 1;
  const claimer = new Claimer({
    queue: {
      maxPrefetch: 128,
      claim: () => Promise.resolve({ claimed: [job(1, "c1")], nextRunAt: null }),
    } as never,
    consumers: new Map([["c1", { ...consumer("c1", { room: 1, hasSuspect: true }), room } as never]]),
    now: () => Date.now(),
    onClaimed: () => {},
    onError: (error) => assert.fail(String(error)),
    onIdle: () => {},
  });
  claimer.wake();
  await sleep(10);
  claimer.stop();
  assert.deepEqual(most.slice(0, 2), [1, 128]);
});
