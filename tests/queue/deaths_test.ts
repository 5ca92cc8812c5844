import assert from "node:assert/strict";
import { chargeOf, type Death, inSlices, judgeDeaths, livingHeartbeats } from "../../queue/policy/deaths.ts";
import type { Orphan } from "../../queue/store.ts";

const NOW = Date.UTC(2026, 0, 1);
const DEATH: Death = { event: "crashed", detail: "The process died", crashLimit: 3 };

/** An orphan whose attempt was running. */
function orphan(id: string, more: Partial<Orphan> = {}): Orphan {
  return {
    ...{ seq: id.charCodeAt(0), lease: 1, id, kind: "file", consumerId: "c1", crashes: 0, suspect: false },
    ...{ runAt: NOW - 9_000, startedAt: NOW - 5_000, lastHeartbeat: NOW - 1_000 },
    ...more,
  };
}

const waiting = (id: string, more: Partial<Orphan> = {}) => orphan(id, { ...more, runAt: NOW + 5_000 });

/** Status, crashes and whether it is a suspect, by id; null = the job is not blamed at all. */
type Judged = readonly [string, number, boolean] | null;

interface Row {
  readonly sentence: string;
  readonly orphans: readonly Orphan[];
  readonly crashLimit?: number | null;
  readonly judged: readonly Judged[];
}

const ROWS: readonly Row[] = [
  { sentence: "nothing ran: no job is blamed", orphans: [], judged: [] },
  {
    sentence: "a job that ran alone is charged",
    orphans: [orphan("a")],
    judged: [["PENDING", 1, false]],
  },
  {
    sentence: "a job that ran alone a second time becomes a suspect",
    orphans: [orphan("a", { crashes: 1 })],
    judged: [["PENDING", 2, true]],
  },
  {
    sentence: "a job that ran alone at the limit is UNPROCESSABLE",
    orphans: [orphan("a", { crashes: 2, suspect: true })],
    judged: [["UNPROCESSABLE", 3, true]],
  },
  {
    sentence: "a job that ran beside others is warned, which counts once",
    orphans: [orphan("a"), orphan("b")],
    judged: [["PENDING", 1, false], ["PENDING", 1, false]],
  },
  {
    sentence: "a job that was warned before becomes a suspect, and is not charged again",
    orphans: [orphan("a", { crashes: 1 }), orphan("b", { crashes: 2 }), orphan("c")],
    judged: [["PENDING", 1, true], ["PENDING", 2, true], ["PENDING", 1, false]],
  },
  {
    sentence: "beside a suspect, the suspect is charged and its neighbours are not",
    orphans: [orphan("a"), orphan("b", { crashes: 2, suspect: true }), orphan("c", { crashes: 1 })],
    judged: [null, ["UNPROCESSABLE", 3, true], null],
  },
  {
    sentence: "several suspects, run side by side by a careless caller, are all charged",
    orphans: [orphan("a", { crashes: 1, suspect: true }), orphan("b", { crashes: 1, suspect: true })],
    judged: [["PENDING", 2, true], ["PENDING", 2, true]],
  },
  {
    sentence: "a job that waited for its next attempt did not run: the other one ran alone",
    orphans: [waiting("a"), orphan("b")],
    judged: [null, ["PENDING", 1, false]],
  },
  {
    sentence: "a suspect that waited for its next attempt is not blamed",
    orphans: [waiting("a", { crashes: 2, suspect: true }), orphan("b"), orphan("c")],
    judged: [null, ["PENDING", 1, false], ["PENDING", 1, false]],
  },
  {
    sentence: "a job set to PROCESSING by hand counts as running",
    orphans: [orphan("a", { startedAt: null, lastHeartbeat: null })],
    judged: [["PENDING", 1, false]],
  },
  {
    sentence: "at a limit of one crash the first death is the last",
    orphans: [orphan("a")],
    crashLimit: 1,
    judged: [["UNPROCESSABLE", 1, true]],
  },
  {
    sentence: "an excused death, or mere silence, charges no job",
    orphans: [orphan("a", { crashes: 2, suspect: true })],
    crashLimit: null,
    judged: [null],
  },
];

for (const { sentence, orphans, judged, crashLimit = 3 } of ROWS) {
  Deno.test(sentence, () => {
    const releases = judgeDeaths(orphans, { ...DEATH, crashLimit });
    const charges = releases.map(({ charge }) => charge && [charge.status, charge.crashes, charge.suspect]);
    assert.deepEqual(charges, judged);
    assert.deepEqual(
      releases.map(({ seq, lease }) => [seq, lease]),
      orphans.map(({ seq, lease }) => [seq, lease]),
    );
  });
}

Deno.test("a charged job gets the reason as its error, a warned one keeps the error it has", () => {
  const errors = (orphans: readonly Orphan[]) =>
    judgeDeaths(orphans, DEATH).map(({ charge }) => charge?.error);
  assert.deepEqual(errors([orphan("a")]), ["The process died"]);
  assert.deepEqual(errors([orphan("a"), orphan("b")]), [null, null]);
});

Deno.test("the history says how long an attempt ran at least, as far as heartbeats show", () => {
  const ranMs = (one: Orphan) => judgeDeaths([one], DEATH)[0]?.report?.ranMs;
  assert.equal(ranMs(orphan("a")), 4_000);
  // A retry begins when its wait is over.
  assert.equal(ranMs(orphan("a", { runAt: NOW - 3_000 })), 2_000);
  assert.equal(ranMs(orphan("a", { startedAt: NOW })), 0);
  assert.equal(ranMs(waiting("a")), undefined);
  assert.equal(ranMs(orphan("a", { startedAt: null })), undefined);
});

Deno.test("the death of a worker charges its job up to the limit, and makes it a suspect one crash before that", () => {
  const charged = (crashes: number, crashLimit: number) => {
    const { status, suspect, ...rest } = chargeOf({ crashes }, { crashLimit, detail: "it died" });
    return [status, rest.crashes, suspect];
  };
  assert.deepEqual(charged(0, 3), ["PENDING", 1, false]);
  assert.deepEqual(charged(1, 3), ["PENDING", 2, true]);
  assert.deepEqual(charged(2, 3), ["UNPROCESSABLE", 3, true]);
  assert.deepEqual(charged(8, 3), ["UNPROCESSABLE", 9, true]);
  assert.deepEqual(charged(0, 2), ["PENDING", 1, true]);
  assert.deepEqual(charged(0, 1), ["UNPROCESSABLE", 1, true]);
});

Deno.test("a heartbeat up to a minute ahead is alive, and one further ahead or older than the limit is not", () => {
  assert.deepEqual(livingHeartbeats({ stallMs: 30_000 }), { agoMs: 30_000, aheadMs: 60_000 });
});

/** All sorts of orphans, running or waiting, suspect or not, by the bits of a number. */
function orphansOf(sorts: readonly number[]): Orphan[] {
  return sorts.map((sort, i) => {
    const facts = { seq: i + 1, suspect: (sort & 1) > 0, crashes: sort & 2 };
    return sort & 4 ? waiting(`${i}`, facts) : orphan(`${i}`, facts);
  });
}

Deno.test("whichever slices of a death are settled, the rest is judged as it was among all", () => {
  const judged = (orphans: readonly Orphan[]) =>
    new Map(judgeDeaths(orphans, DEATH).map(({ seq, charge }) => [seq, charge]));
  const random = (most: number, i: number) => Math.floor(Math.abs(Math.sin(i) * 1e6)) % most;
  for (let seed = 1; seed < 2_000; seed++) {
    const sorts = Array.from({ length: random(9, seed) }, (_, i) => random(8, seed * 31 + i));
    const orphans = orphansOf(sorts);
    const all = judged(orphans);
    for (const most of [2, 3, 4]) {
      const slices = inSlices(orphans, most);
      assert.deepEqual(slices.flat().map(({ seq }) => seq).sort(), orphans.map(({ seq }) => seq));
      assert.ok(slices.every(({ length }) => length > 0 && length <= most));
      for (let settled = 0; settled <= slices.length; settled++) {
        for (const [seq, charge] of judged(slices.slice(settled).flat())) {
          assert.deepEqual(charge, all.get(seq), `${sorts} in slices of ${most}, ${settled} settled`);
        }
      }
    }
  }
});
