/** Where the line begins on PostgreSQL, cached while that is expensive to find. */
import assert from "node:assert/strict";
import type { Row } from "../../queue/postgres/client.ts";
import { LineHeads } from "../../queue/postgres/line_heads.ts";

const KINDS = ["noop"];
const LOOKUP_MS = 100;

/** One kind and priority. The test answers each lookup. */
function headsOfOne() {
  let at = 0;
  const lookups: ((rows: Row[]) => void)[] = [];
  const client = { query: () => new Promise<Row[]>((resolve) => lookups.push(resolve)) };
  const heads = new LineHeads({ client, now: () => at });
  const pass = (ms: number) => void (at += ms);
  /** The pending lookup takes its time, and returns this job as the first. */
  const found = async (seq: number) => {
    pass(LOOKUP_MS);
    lookups.shift()?.([job(seq)]);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  /** The first job, where a claim would begin now. */
  const first = () => heads.knownFor(KINDS)?.values[3]?.[0] ?? null;
  return { heads, lookups, pass, found, first };
}

function job(seq: number): Row {
  return { kind: "noop", priority: 0, run_at: seq, seq, suspect: 0 };
}

Deno.test("where the line begins is looked up again alongside the claims, which need not find it themselves", async () => {
  const { heads, lookups, pass, found, first } = headsOfOne();
  heads.noteSearch(LOOKUP_MS, KINDS);
  await found(10);
  heads.knownFor(KINDS)?.advance([job(11), job(12)]);
  assert.deepEqual([first(), lookups.length], [12, 0]);
  pass(11 * LOOKUP_MS);
  assert.deepEqual([first(), first(), lookups.length], [12, 12, 1]);
  await found(13);
  assert.equal(first(), 13);
  // A lookup that is never answered does not keep the heads valid for longer.
  pass(16 * LOOKUP_MS);
  assert.equal(first(), null);
});

Deno.test("a claim that was in flight during a lookup does not hide the jobs that the lookup found", async () => {
  const { heads, pass, found, first } = headsOfOne();
  heads.noteSearch(LOOKUP_MS, KINDS);
  await found(10);
  pass(11 * LOOKUP_MS);
  const known = heads.knownFor(KINDS);
  await found(5);
  known?.advance([job(20)]);
  assert.equal(first(), 5);
});

Deno.test("the result of a lookup that began before the cache was cleared is dropped", async () => {
  const { heads, lookups, found, first } = headsOfOne();
  heads.noteSearch(LOOKUP_MS, KINDS);
  heads.forget();
  await found(10);
  assert.equal(first(), null);
  heads.noteSearch(LOOKUP_MS, ["noop", "new"]);
  assert.equal(lookups.length, 1);
});

Deno.test("heads that a claim of earlier kinds has looked up are not used for a claim of other kinds", async () => {
  const { heads, lookups, found } = headsOfOne();
  const kinds = ["new"];
  heads.forget();
  heads.noteSearch(LOOKUP_MS, KINDS);
  await found(10);
  assert.equal(heads.knownFor(kinds), null);
  heads.noteSearch(LOOKUP_MS, kinds);
  await found(11);
  assert.deepEqual(heads.knownFor(kinds)?.values[3], [11]);
  assert.equal(lookups.length, 0);
});
