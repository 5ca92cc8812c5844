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
