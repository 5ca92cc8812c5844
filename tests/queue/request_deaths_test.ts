import assert from "node:assert/strict";
import { getQueue, openStore, Queue, QUEUE_DEFAULTS, StorageError } from "@persistent-queue/queue";
import { judgeDeath } from "../../queue/policy/deaths.ts";
import { RequestRecord } from "../../queue/maintenance/request_record.ts";
import { claimNext } from "../support/queue/attempts.ts";
import { changedStore } from "../support/queue/queue_on.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { passInTouch, testQueue } from "../support/queue/test_queue.ts";
import { urlFor } from "../support/backend.ts";

Deno.test("a request in progress excuses three deaths in a row, and no more", () => {
  const judged = (requestInProgress: boolean, uncharged: number) => {
    const { isCharged, uncharged: after } = judgeDeath({ requestInProgress, uncharged });
    return [isCharged, after];
  };
  assert.deepEqual(judged(false, 0), [true, 0]);
  assert.deepEqual(judged(true, 0), [false, 1]);
  assert.deepEqual(judged(true, 2), [false, 3]);
  assert.deepEqual(judged(true, 3), [true, 3]);
  assert.deepEqual(judged(true, 9), [true, 9]);
  // Otherwise a page that is open now and then would go on excusing deaths for ever.
  assert.deepEqual(judged(false, 2), [true, 2]);
});

/** The record without the id of the process. */
function flagsOf(requestRecord: string): string {
  return Deno.readTextFileSync(requestRecord).slice(0, 2);
}

/** A queue on the files of a process that died during these requests. */
async function diedWith(text: string) {
  const folder = await tempFolder();
  const requestRecord = folder.file("queue.db.requests");
  await Deno.writeTextFile(requestRecord, text);
  const on = await testQueue({ requestRecord });
  await on.queue.add([{ id: "a" }]);
  await claimNext(on.queue);
  return {
    ...{ on, queue: on.queue, record: () => flagsOf(requestRecord) },
    [Symbol.asyncDispose]: async () => {
      await on[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a process died while it worked on a request: its jobs are released uncharged, and their history says why", async () => {
  await using died = await diedWith("10");
  const reaped = await died.queue.recover();
  assert.deepEqual(reaped.map(({ id, status }) => [id, status]), [["a", "PENDING"]]);
  const { job, history } = await died.queue.get("a");
  assert.equal(job.crashes, 0);
  assert.deepEqual(history.map(({ event, detail }) => [event, detail]), [
    ["released", "The process died while it worked on a request, so no job is charged for that"],
  ]);
  const [swept] = died.on.events.filter((event) => event.type === "swept");
  assert.match(swept?.excuse ?? "", /no job is charged/);
  assert.equal(died.record(), "01");
});

Deno.test("a process died for the fourth time in a row beside a request: its jobs are charged", async () => {
  await using died = await diedWith("13");
  await died.queue.recover();
  const { job, history } = await died.queue.get("a");
  assert.deepEqual([job.crashes, history.map(({ event }) => event)], [1, ["crashed"]]);
});

for (const text of ["00", "03", "", "?", "1", "\u0001\u0002"]) {
  Deno.test(`a record of ${JSON.stringify(text)} never counts for more than it says`, async () => {
    await using died = await diedWith(text);
    await died.queue.recover();
    assert.equal((await died.queue.get("a")).job.crashes, text === "1" ? 0 : 1);
  });
}

Deno.test("a recovery that finds nothing to free uses up no excuse", async () => {
  await using folder = await tempFolder();
  const requestRecord = folder.file("queue.db.requests");
  await Deno.writeTextFile(requestRecord, "11");
  await using on = await testQueue({ requestRecord });
  await on.queue.recover();
  assert.equal(flagsOf(requestRecord), "01");
});

const LAST = "00000000-0000-4000-8000-00000000000a";
const OTHER = "00000000-0000-4000-8000-00000000000b";
const STALL_MS = 60_000;

/** What became of a job of the process `id`, which died during these requests and seemed alive at the next start. */
async function noticedLate(id: string, text: string) {
  await using folder = await tempFolder();
  const requestRecord = folder.file("queue.db.requests");
  await Deno.writeTextFile(requestRecord, text);
  await using on = await testQueue({ requestRecord, stallMs: STALL_MS });
  const other = await openStore(on.url, "guest", { clock: on.clock });
  await other.join({ id, host: "another", pid: 7, version: "" });
  await on.queue.add([{ id: "a" }]);
  await other.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
  await on.queue.recover();
  assert.equal((await on.queue.get("a")).job.status, "PROCESSING");
  // Its connections end with it.
  await other.close();
  await passInTouch(on, STALL_MS / 2 + 1);
  const { job: held } = await on.queue.get("a");
  await on.queue.renew([held]);
  await passInTouch(on, STALL_MS / 2 + 1);
  await on.queue.sweep({ held: [], freed: 0 });
  const { job, history } = await on.queue.get("a");
  return [history.map(({ event }) => event).join(), job.crashes, flagsOf(requestRecord)];
}

Deno.test("a process that died of a request is excused even if its death is noticed only after the next start", async () => {
  assert.deepEqual(await noticedLate(LAST, `10${LAST}`), ["released", 0, "01"]);
  assert.deepEqual(await noticedLate(LAST, `13${LAST}`), ["crashed", 1, "03"]);
});

Deno.test("the death of another process is not excused by a request of this one's predecessor", async () => {
  assert.deepEqual((await noticedLate(OTHER, `10${LAST}`)).slice(0, 2), ["crashed", 1]);
});

Deno.test("a late death without a job uses up no excuse", async () => {
  await using folder = await tempFolder();
  const requestRecord = folder.file("queue.db.requests");
  await Deno.writeTextFile(requestRecord, `10${LAST}`);
  await using on = await testQueue({ requestRecord, stallMs: STALL_MS });
  await on.store.join({ id: LAST, host: "another", pid: 7, version: "" });
  await on.queue.recover();
  assert.equal(flagsOf(requestRecord), "01");
  await passInTouch(on, STALL_MS + 1);
  await on.queue.sweep({ held: [], freed: 0 });
  assert.equal(flagsOf(requestRecord), "00");
});

Deno.test("the last process is known to have ended unless a living one holds the record", async () => {
  await using folder = await tempFolder();
  const path = folder.file("record");
  const now = () => 0;
  await Deno.writeTextFile(path, `00${LAST}`);
  const [first, beside] = [new RequestRecord({ path, now }), new RequestRecord({ path, now })];
  assert.deepEqual([first.predecessor, beside.predecessor, beside.lastProcess], [LAST, null, LAST]);
  beside.close();
  first.judge();
  first.setProcess(OTHER);
  first.close();
  const next = new RequestRecord({ path, now });
  assert.equal(next.predecessor, OTHER);
  next.close();
});

Deno.test("the record shows a request from the first start to the last end, and none once it is closed", async () => {
  await using folder = await tempFolder();
  const path = folder.file("record");
  const now = () => 0;
  const read = () => Deno.readTextFileSync(path);
  const record = new RequestRecord({ path, now });
  record.judge();
  const [first, second] = [record.begin(), record.begin()];
  assert.equal(read(), "10");
  first();
  first();
  assert.equal(read(), "10");
  second();
  assert.equal(read(), "00");
  record.begin();
  record.close();
  assert.equal(read(), "00");
});

Deno.test("until the last death is judged, the record stays as it is, whatever requests begin and end", async () => {
  await using folder = await tempFolder();
  const path = folder.file("record");
  await Deno.writeTextFile(path, "12");
  const record = new RequestRecord({ path, now: () => 0 });
  record.begin()();
  assert.equal(await Deno.readTextFile(path), "12");
  assert.deepEqual([record.judge(), record.judge()].map(({ excuse }) => excuse === null), [false, false]);
  assert.equal(await Deno.readTextFile(path), "03");
  record.close();
});

Deno.test("a process that lives for ten minutes, or stops cleanly, has three excuses again", async () => {
  await using folder = await tempFolder();
  const path = folder.file("record");
  let now = 0;
  await Deno.writeTextFile(path, "12");
  const record = new RequestRecord({ path, now: () => now });
  record.judge();
  now = 599_999;
  record.noteAlive();
  assert.equal(await Deno.readTextFile(path), "03");
  now = 600_000;
  record.noteAlive();
  assert.equal(await Deno.readTextFile(path), "00");
  record.close();
});

Deno.test("a job that a clean stop could not give back is not charged at the next start", async () => {
  const [event, crashes] = await noticedLate(LAST, `20${LAST}`);
  assert.deepEqual([event, crashes], ["released", 0]);
  assert.deepEqual((await noticedLate(OTHER, `20${LAST}`)).slice(0, 2), ["crashed", 1]);
  // Whose jobs they are is not known.
  await using died = await diedWith("20");
  await died.queue.recover();
  assert.equal((await died.queue.get("a")).job.crashes, 1);
});

Deno.test("a clean stop stays known until its jobs are released, however often the start is tried", async () => {
  await using folder = await tempFolder();
  const path = folder.file("record");
  const read = () => Deno.readTextFileSync(path);
  const begin = () => new RequestRecord({ path, now: () => 0 });
  const first = begin();
  first.judge();
  first.setProcess(LAST);
  assert.equal(read(), `00${LAST}`);
  first.close();
  assert.equal(read(), `20${LAST}`);
  const second = begin();
  second.setProcess(OTHER);
  assert.match(second.judge().excuse ?? "", /^The system stopped/);
  second.begin()();
  second.close();
  assert.equal(read(), `20${LAST}`);
  const third = begin();
  third.setProcess(OTHER);
  third.judge();
  third.takeOver();
  assert.equal(read(), `00${OTHER}`);
  third.close({ owesCharge: true });
  assert.equal(read(), `00${OTHER}`);
});

Deno.test("a stop is not clean for a job that took down its consumer, if that could not be stored", async () => {
  for (const [outcome, state] of [[CRASHED, "00"], [STOPPED, "20"]] as const) {
    await using folder = await tempFolder();
    const requestRecord = folder.file("queue.db.requests");
    const store = await openStore(urlFor(folder.file("queue.db")), "owner");
    const settle = () => Promise.reject(new StorageError("It is locked.", { passing: true }));
    const queue = new Queue(changedStore(store, { settle }), {
      ...QUEUE_DEFAULTS,
      ...{ stallMs: STALL_MS, requestRecord },
    });
    await queue.recover();
    await queue.add([{ id: "a" }]);
    const job = await claimNext(queue);
    await assert.rejects(queue.settle([{ job, outcome }]));
    await queue.close();
    assert.equal(flagsOf(requestRecord), state);
  }
});

const CRASHED = { type: "crashed", detail: "Its thread died", guilty: true } as const;
const STOPPED = { type: "stopped", detail: "The system stopped" } as const;

Deno.test("the command line beside the system leaves the record alone", async () => {
  await using folder = await tempFolder();
  const requestRecord = folder.file("queue.db.requests");
  const url = urlFor(folder.file("queue.db"));
  const owner = await getQueue(url, { role: "owner", requestRecord });
  await owner.recover();
  const end = owner.beginRequest();
  await (await getQueue(url, { role: "guest", requestRecord })).close();
  assert.equal(flagsOf(requestRecord), "10");
  end();
  await owner.close();
});
