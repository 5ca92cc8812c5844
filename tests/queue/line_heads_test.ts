/** Where the line begins on PostgreSQL, cached while that is expensive to find. */
import assert from "node:assert/strict";
import type { Row } from "../../queue/postgres/client.ts";
import { LineHeads } from "../../queue/postgres/line_heads.ts";

const KINDS = ["noop"];
const LOOK_MS = 100;

/** One kind and priority. Each look is answered by the test. */
function headsOfOne() {
  let at = 0;
  const looks: ((rows: Row[]) => void)[] = [];
  const client = { query: () => new Promise<Row[]>((resolve) => looks.push(resolve)) };
  const heads = new LineHeads({ client, now: () => at });
  const pass = (ms: number) => void (at += ms);
  /** The look that waits takes its time, and finds this job first. */
  const found = async (seq: number) => {
    pass(LOOK_MS);
    looks.shift()?.([job(seq)]);
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  /** Of the first job, as a claim would begin now. */
  const first = () => heads.known?.values[3]?.[0] ?? null;
  return { heads, looks, pass, found, first };
}

function job(seq: number): Row {
  return { kind: "noop", priority: 0, run_at: seq, seq, suspect: 0 };
}

Deno.test("where the line begins is looked up anew beside the claims, which need not find it themselves", async () => {
  const { heads, looks, pass, found, first } = headsOfOne();
  heads.noteSearch(LOOK_MS, KINDS);
  await found(10);
  heads.known?.advance([job(11), job(12)]);
  assert.deepEqual([first(), looks.length], [12, 0]);
  pass(11 * LOOK_MS);
  assert.deepEqual([first(), first(), looks.length], [12, 12, 1]);
  await found(13);
  assert.equal(first(), 13);
  // A look that is never answered does not keep what is remembered for longer.
  pass(16 * LOOK_MS);
  assert.equal(first(), null);
});

Deno.test("a claim that was under way during a look does not hide the jobs that the look has found", async () => {
  const { heads, pass, found, first } = headsOfOne();
  heads.noteSearch(LOOK_MS, KINDS);
  await found(10);
  pass(11 * LOOK_MS);
  const { known } = heads;
  await found(5);
  known?.advance([job(20)]);
  assert.equal(first(), 5);
});

Deno.test("a look that began before all was forgotten is not remembered", async () => {
  const { heads, looks, found, first } = headsOfOne();
  heads.noteSearch(LOOK_MS, KINDS);
  heads.forget();
  await found(10);
  assert.equal(first(), null);
  heads.noteSearch(LOOK_MS, ["noop", "new"]);
  assert.equal(looks.length, 1);
});
