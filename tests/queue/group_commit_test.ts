/** The transactions of a busy queue, and the other work that waits for the event loop. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers";
import { GroupCommit } from "../../queue/sqlite/group_commit.ts";
import { sqliteTest } from "../support/backend.ts";

const TRANSACTIONS = 20;

function turnOn(db: DatabaseSync): GroupCommit {
  return new GroupCommit(db, { onFull: () => {}, makeRoom: () => false, onFault: () => {} });
}

/** How many turns the event loop makes while this many writes are repeated as soon as they are committed. */
async function roundsWhileBusy(writes: number): Promise<number> {
  using db = new DatabaseSync(":memory:");
  const commits = turnOn(db);
  let rounds = 0;
  let isOver = false;
  const count = () => {
    rounds += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const writeOn = async () => {
    for (let n = 0; n < TRANSACTIONS; n++) await commits.write(() => null);
  };
  await Promise.all(Array.from({ length: writes }, writeOn));
  isOver = true;
  await new Promise((resolve) => setImmediate(resolve));
  commits.close();
  return rounds;
}

sqliteTest(
  "a page that took half a second during a drain: between two busy transactions the event loop turns many times",
  async () => {
    assert.ok(await roundsWhileBusy(20) > TRANSACTIONS * 20);
  },
);

sqliteTest("a single write does not wait for others", async () => {
  assert.ok(await roundsWhileBusy(1) < TRANSACTIONS * 3);
});

/** Takes a large part of the time of a transaction. */
function slowWork(): void {
  for (const since = performance.now(); performance.now() < since + 2;);
}

/** How many of 20 such writes share the first transaction. */
async function sharers(): Promise<number> {
  using db = new DatabaseSync(":memory:");
  const commits = turnOn(db);
  let done = 0;
  const writes = Array.from({ length: 20 }, () => commits.write(slowWork).then(() => done += 1));
  await writes[0];
  const first = done;
  commits.close();
  await Promise.all(writes);
  assert.equal(done, 20);
  return first;
}

sqliteTest("a transaction ends soon, and the next takes the remaining writes, even at a close", async () => {
  const count = await sharers();
  assert.ok(count >= 1 && count < 10, `${count} shared the first one`);
});
