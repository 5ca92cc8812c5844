import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { ignoreStrayWrites, isConnectionLost } from "../../queue/postgres/driver_faults.ts";

Deno.test("a write left behind by the PostgreSQL driver does not end the process", async () => {
  ignoreStrayWrites();
  const isOver = Promise.withResolvers<void>();
  setImmediate(() => {
    setImmediate(isOver.resolve);
    const left = new TypeError("Cannot read properties of null (reading 'write')");
    left.stack = `${left}\n    at Immediate.nextWrite (file:///npm/postgres/3.4.9/src/connection.js:255:22)`;
    throw left;
  });
  await isOver.promise;
});

Deno.test("a connection counts as lost when the driver or the server says so, not when a constraint is violated", () => {
  const coded = (code: string) => Object.assign(new Error("told"), { code });
  for (const code of ["CONNECTION_CLOSED", "ECONNRESET", "57P01"]) {
    assert.ok(isConnectionLost(coded(code)), code);
  }
  for (const code of ["23505", "40P01", "53100"]) assert.ok(!isConnectionLost(coded(code)), code);
  assert.ok(!isConnectionLost(new Error("without a code")));
});
