/** Calls that share one statement of PostgreSQL, and must not fail with each other. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { SharedStatement } from "../../queue/postgres/shared_statement.ts";

function sharedBy(run: (items: readonly number[]) => Promise<number[]>) {
  const shared = new SharedStatement({ run, weigh: (item: number) => item, maxWeight: 10 });
  return (...calls: number[][]) => Promise.allSettled(calls.map((items) => shared.call(items)));
}

Deno.test("calls that make a text too long together are made one by one, and only one that is too long alone fails", async () => {
  const call = sharedBy((items) => {
    const cause = new RangeError("Invalid string length");
    if (items.length > 1 || items.includes(9)) throw new StorageError("It failed.", { cause, passing: true });
    return Promise.resolve([...items]);
  });
  assert.deepEqual((await call([1], [9], [0])).map(({ status }) => status), [
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
});

Deno.test("while the server is away, calls that share a statement are not repeated one by one", async () => {
  let statements = 0;
  const call = sharedBy(() => {
    statements += 1;
    throw new StorageError("PostgreSQL cannot be reached.", { passing: true });
  });
  await call([1], [2], [3]);
  assert.equal(statements, 1);
});

Deno.test("calls that may each wait for a lock keep one connection of the pool busy at most, when they are repeated", async () => {
  let inFlight = 0;
  const most: number[] = [];
  const run = async (items: readonly number[]) => {
    most.push(++inFlight);
    await new Promise((resolve) => setTimeout(resolve, 5));
    inFlight -= 1;
    if (items.includes(3)) throw new StorageError("A job is locked.", { passing: true, ofSomeJobs: true });
    return [...items];
  };
  const shared = new SharedStatement({ run, weigh: (item) => item, maxWeight: 10, repeatsOneByOne: true });
  const calls = [1, 3, 2, 3].map((item) => shared.call([item]));
  const results = await Promise.allSettled(calls);
  assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "rejected"]);
  assert.deepEqual(most, [1, 1, 1, 1, 1]);
});
