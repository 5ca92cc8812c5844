import assert from "node:assert/strict";
import {
  type FromThread,
  readMessage,
  readMessages,
  type ToThread,
  writeMessages,
} from "../../workers/protocol.ts";
import { writeMessage } from "../../workers/thread/runtime.ts";

const JOB = { ticket: 4097, seq: 7, lease: 2, id: 'a "job"\u2028', kind: "mail", payload: "[1]", attempt: 3 };

Deno.test("what is written for a thread is what it reads, jobs packed or not", () => {
  const messages: ToThread[] = [
    { type: "jobs", soon: true, jobs: [JOB, { ...JOB, ticket: 4098, id: "b" }] },
    { type: "jobs", soon: false, jobs: [] },
    { type: "settled", completed: [1, 2], others: [3] },
    { type: "cancel", ticket: 1, reason: "canceled" },
    { type: "close" },
  ];
  assert.deepEqual(readMessages(writeMessages(messages)), messages);
});

Deno.test("a thread reads its jobs even if a running job has replaced the methods of all arrays", () => {
  const text = writeMessages([{ type: "jobs", soon: false, jobs: [JOB] }]);
  const { map, push, [Symbol.iterator]: iterator } = Array.prototype;
  const broken = () => {
    throw new Error("replaced");
  };
  try {
    Object.assign(Array.prototype, { map: broken, push: broken, [Symbol.iterator]: broken });
    const [message] = { 0: readMessages(text)[0], length: 1, [Symbol.iterator]: iterator };
    Object.assign(Array.prototype, { map, push, [Symbol.iterator]: iterator });
    assert.deepEqual(message, { type: "jobs", soon: false, jobs: [JOB] });
  } finally {
    Object.assign(Array.prototype, { map, push, [Symbol.iterator]: iterator });
  }
});

Deno.test("every result arrives once, whether its handler returned something, nothing, or threw", () => {
  const results: Extract<FromThread, { type: "results" }>["results"] = [
    { ticket: 1, outcome: { type: "returned", result: null }, ranMs: 0.015 },
    { ticket: 2, outcome: { type: "returned", result: "1" }, ranMs: 1.5 },
    { ticket: 3, outcome: { type: "threw", error: "Error: no" }, ranMs: 0 },
    { ticket: 4, outcome: { type: "returned", result: null }, ranMs: 86_400_000 },
  ];
  const read = readMessage(writeMessage({ type: "results", results }));
  assert.equal(read?.type, "results");
  if (read?.type !== "results") return;
  assert.deepEqual(read.results.toSorted((a, b) => a.ticket - b.ticket), results);
});

for (
  const returned of [undefined, null, 7, ["1", 1], [1.5, 1], [null, 1], [{}, 1], [1], [1, -1], [1, "a"], [
    1,
    1,
    2,
  ]]
) {
  Deno.test(`results of a thread are refused if the tickets and times are ${JSON.stringify(returned)}`, () => {
    assert.equal(readMessage(JSON.stringify({ type: "results", results: [], returned })), null);
  });
}
