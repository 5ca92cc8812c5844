/** What the log and the events say about a storage that does not work. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { StorageHealth } from "../../queue/health.ts";
import { toQueueError } from "../../queue/postgres/faults.ts";

const CLIENT = { place: "db.example.com/jobs", hasAnswered: true, isWithoutTls: false };

function refusedBy(code: string, message: string): StorageError {
  const error = toQueueError(Object.assign(new Error(message), { code }), CLIENT);
  assert.ok(error instanceof StorageError);
  return error;
}

const standby = (statement: string) =>
  refusedBy("25006", `cannot execute ${statement} in a read-only transaction`);

interface Told {
  readonly health: StorageHealth;
  readonly told: (string | null)[];
  fail(error: StorageError): Promise<void>;
}

function listening(): Told {
  const told: (string | null)[] = [];
  const health = new StorageHealth((trouble) => told.push(trouble?.publicMessage ?? null));
  return { health, told, fail: (error) => health.observe(Promise.reject(error)).catch(() => {}) };
}

Deno.test("a standby is told once, not with every kind of statement that it refuses", async () => {
  const { health, told, fail } = listening();
  for (const statement of ["INSERT", "UPDATE", "SELECT FOR UPDATE", "INSERT", "UPDATE"]) {
    await fail(standby(statement));
  }
  assert.match(
    health.trouble?.message ?? "",
    /cannot execute UPDATE in/,
    "the pages show the latest details",
  );
  await health.observe(Promise.resolve("written"));
  assert.deepEqual(told, [standby("INSERT").publicMessage, null]);
});

Deno.test("another trouble is told, even if nothing worked in between", async () => {
  const { told, fail } = listening();
  const full = refusedBy("53100", "could not extend file");
  for (const error of [standby("INSERT"), full, standby("INSERT")]) await fail(error);
  assert.deepEqual(told, [standby("").publicMessage, full.publicMessage, standby("").publicMessage]);
});

Deno.test("two troubles without a sentence of their own are both told", async () => {
  const { told, fail } = listening();
  for (const code of ["0A000", "F0000"]) await fail(refusedBy(code, `failed with ${code}`));
  assert.equal(told.length, 2);
});
