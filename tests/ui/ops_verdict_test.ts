import assert from "node:assert/strict";
import { type Link, type Rates, type Snapshot, type Stats } from "../../ui/ops/snapshot.ts";
import { verdictOf } from "../../ui/ops/health.tsx";

const COUNTS = { PENDING: 0, PROCESSING: 0, COMPLETED: 0, FAILED: 0, UNPROCESSABLE: 0, CANCELED: 0 };

/** A minute in which every second was like this. */
function minuteOf(rates: Partial<Rates>): Stats {
  const each = { added: 0, completed: 0, failed: 0, ...rates };
  const history = Array.from({ length: 60 }, () => each);
  return { counts: COUNTS, stalled: 0, age_ms: 0, rates: each, history, fenced: 0, parked: [] };
}

function snapshotOf(stats: Stats | null, warnings: string[] = []): Snapshot {
  return {
    stats,
    system: {
      started_at: 0,
      stopping: false,
      consumers: [],
      hosts: [],
      this_host: null,
      wedged: 0,
      sweep: { last_at: null, last_requeued: 0 },
      producing: false,
      warnings,
      events: [],
      trouble: null,
      durability: "power_loss",
      memory_bytes: 0,
    },
  };
}

function headlineOf(snapshot: Snapshot, link: Link = "live"): string {
  const { mood, headline } = verdictOf(snapshot, link);
  return `${mood}: ${headline}`;
}

Deno.test("all is not well while every job fails", () => {
  assert.equal(
    headlineOf(snapshotOf(minuteOf({ failed: 951 }))),
    "bad: Most attempts fail at the moment: 951 failed a second",
  );
  assert.equal(
    headlineOf(snapshotOf(minuteOf({ failed: 40, completed: 60 }))),
    "worrying: Many attempts fail at the moment: 40 failed a second",
  );
});

Deno.test("a few failures among many completions, or a few altogether, are no alarm", () => {
  const calm = /^good: All is well/;
  assert.match(headlineOf(snapshotOf(minuteOf({ failed: 30, completed: 70 }))), calm);
  assert.match(headlineOf(snapshotOf(minuteOf({ completed: 5 }))), calm);
  assert.match(headlineOf(snapshotOf(null)), calm);
  const { history: [none], ...stats } = minuteOf({});
  const history = Array.from(
    { length: 60 },
    (_, i) => ({ ...none, added: 0, completed: 0, failed: i < 4 ? 1 : 0 }),
  );
  const rates = { added: 0, completed: 0, failed: 0.4 };
  assert.match(headlineOf(snapshotOf({ ...stats, rates, history })), calm, "one job that is given up");
});

Deno.test("the headline does not say that all is well while jobs lie failed, however long ago they failed", () => {
  const lying = (counts: Partial<typeof COUNTS>) =>
    headlineOf(snapshotOf({ ...minuteOf({}), counts: { ...COUNTS, ...counts } }));
  assert.equal(
    lying({ UNPROCESSABLE: 930, FAILED: 266, CANCELED: 5 }),
    "worrying: 1,196 jobs have failed: resubmit them, or cancel them to dismiss them",
  );
  assert.equal(lying({ FAILED: 1 }), "worrying: 1 job has failed: resubmit it, or cancel it to dismiss it");
  assert.match(lying({ CANCELED: 5, PENDING: 3 }), /^good/);
});

Deno.test("failures that are over are no alarm any more", () => {
  const stats = { ...minuteOf({ failed: 100 }), rates: { added: 0, completed: 0, failed: 0 } };
  assert.match(headlineOf(snapshotOf(stats)), /^good/);
});

Deno.test("a warning of the system comes before failing jobs, and nothing is claimed while the connection is lost", () => {
  const snapshot = snapshotOf(minuteOf({ failed: 951 }), ["Consumer 2 has fallen silent."]);
  assert.equal(headlineOf(snapshot), "bad: One warning");
  assert.equal(headlineOf(snapshot, "lost"), "unknown: Unknown: the connection is lost");
});
