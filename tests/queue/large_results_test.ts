/** Completions with large results on PostgreSQL: how much of them shares one statement. The test plays the server. */
import assert from "node:assert/strict";
import type { Settlement } from "../../queue/ending.ts";
import type { Client, Row, Tx, Value } from "../../queue/postgres/client.ts";
import { PostgresStore } from "../../queue/postgres/postgres_store.ts";
import type { Session } from "../../queue/postgres/session.ts";
import { ServerClock } from "../../queue/basics/server_clock.ts";

const RESULT = JSON.stringify("x".repeat(1_000_000));
const MAX_CHARS = 5_000_000;

/** A store whose server completes every job, and how many characters each statement held. */
function storeOn() {
  const weights: number[] = [];
  const query = (_statement: string, values: readonly Value[]): Promise<Row[]> => {
    const [, seqs, , results] = values;
    if (!Array.isArray(seqs) || !Array.isArray(results)) return Promise.resolve([]);
    weights.push(results.reduce((sum, result) => sum + String(result ?? "").length, 0));
    return Promise.resolve(seqs.map((seq) => ({ seq })));
  };
  const tx: Tx = { query, script: () => Promise.resolve() };
  const transaction = (work: (tx: Tx) => Promise<unknown>) => work(tx);
  const close = () => Promise.resolve();
  const client = { ...tx, transaction, close } as unknown as Client;
  const session = { name: "a store", process: null, channel: () => null, close } as unknown as Session;
  const clock = new ServerClock<null>(null, null);
  const store = new PostgresStore({ client, session, clock });
  return { store, weights, [Symbol.asyncDispose]: () => store.close() };
}

function completion(seq: number, result: string | null): Settlement {
  return { seq, lease: 1, verb: "complete", result };
}

Deno.test("560 completions of a megabyte that arrive together are stored a few at a time, and none is refused", async () => {
  await using stored = storeOn();
  const { store, weights } = stored;
  const calls = Array.from({ length: 560 }, (_, i) => store.settle([completion(i + 1, RESULT)]));
  assert.deepEqual(await Promise.all(calls), Array(560).fill([true]));
  assert.ok(Math.max(...weights) < MAX_CHARS, `a statement of ${Math.max(...weights)} characters`);
});

Deno.test("512 results of a megabyte that one consumer reports are several statements of one transaction", async () => {
  await using stored = storeOn();
  const { store, weights } = stored;
  const settlements = Array.from({ length: 512 }, (_, i) => completion(i + 1, RESULT));
  assert.deepEqual(await store.settle(settlements), Array(512).fill(true));
  assert.ok(Math.max(...weights) < MAX_CHARS, `a statement of ${Math.max(...weights)} characters`);
});

Deno.test("1,600 completions without a result still share one statement", async () => {
  await using stored = storeOn();
  const { store, weights } = stored;
  await Promise.all(Array.from({ length: 1_600 }, (_, i) => store.settle([completion(i + 1, null)])));
  assert.deepEqual(weights, [0]);
});
