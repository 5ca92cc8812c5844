import assert from "node:assert/strict";
import type { HistoryEvent } from "@persistent-queue/queue";
import { timelineOf } from "../../ui/manager/timeline.tsx";
import { readQuery } from "../../ui/manager/list_query.ts";
import type { JobView, WireHistory } from "../../ui/manager/views.ts";

const JOB: JobView["job"] = {
  ...{ id: "a", kind: "mail", status: "PENDING", retries: 0, crashes: 0, priority: 0, run_at: 0 },
  ...{ consumer_id: null, last_heartbeat: null, started_at: null, finished_at: null, error: null },
  ...{ canceled_from: null, dismissed: false },
  ...{
    created_at: 1_000,
    updated_at: 1_000,
    seq: 1,
    lease: 0,
    stalled: false,
    no_handler: false,
    handler_broken: false,
    actions: [],
  },
};

function timeline(job: Partial<JobView["job"]>, history: readonly WireHistory[]) {
  const rest = {
    ...{ page: "job", now: 9_000, host: null, payload: null, result: null } as const,
    from: readQuery(new URLSearchParams()),
  };
  const none = { attempts: [], earlierAttempts: 0 };
  const view = { ...rest, ...none, job: { ...JOB, ...job }, history, warnings: [], batches: [] };
  return timelineOf(view, 9_000);
}

function happened(
  at: number,
  event: HistoryEvent,
  { lease = 1, retries = 0, detail = null, taken_at = null }: {
    lease?: number;
    retries?: number;
    detail?: string | null;
    taken_at?: number | null;
  } = {},
): WireHistory {
  return {
    at,
    event,
    lease,
    retries,
    consumer_id: lease === 0 ? null : `consumer-${lease}`,
    detail,
    taken_at,
  };
}

const titles = (lines: ReturnType<typeof timeline>) => lines.map(({ title }) => title);

Deno.test("each lease begins with the claim, whose time is shown where it was kept", () => {
  const lines = timeline({ status: "COMPLETED", lease: 2, started_at: 5_000, finished_at: 6_000 }, [
    happened(2_000, "retried", { retries: 1, taken_at: 1_200 }),
    happened(3_000, "crashed"),
  ]);
  assert.deepEqual(titles(lines), [
    ...["Added", "Taken by a consumer", "Attempt 1 failed", "Its consumer died", "Taken by a consumer"],
    "Completed",
  ]);
  assert.deepEqual(lines.map(({ at }) => at), [1_000, 1_200, 2_000, 3_000, 5_000, 6_000]);
  assert.deepEqual(lines.map(({ gapMs }) => gapMs), [null, 200, 800, 1_000, 2_000, 1_000]);
});

Deno.test("the claim stays in its place when more happens under the same lease", () => {
  const running = { status: "PROCESSING", lease: 1, started_at: 1_500, consumer_id: "consumer-1" } as const;
  assert.deepEqual(titles(timeline(running, [])), ["Added", "Taken by a consumer", "Running"]);
  const later = timeline({ ...running, retries: 1, run_at: 11_000 }, [
    happened(2_000, "retried", { retries: 1, taken_at: 1_500 }),
  ]);
  assert.deepEqual(titles(later), ["Added", "Taken by a consumer", "Attempt 1 failed", "Retry in 2.0 s"]);
  assert.equal(later[1]?.at, 1_500);
});

Deno.test("attempts have the same numbers as on the rest of the page, after a resubmit too", () => {
  const twice = (retries: number) =>
    titles(timeline({ status: "FAILED", lease: 2, started_at: 4_000 }, [
      happened(2_000, "retried", { retries: 1 }),
      happened(2_500, "failed", { retries: 1 }),
      happened(3_000, "resubmitted", { retries }),
      happened(5_000, "failed", { lease: 2, retries }),
    ]));
  const before = [
    ...["Added", "Taken by a consumer", "Attempt 1 failed", "Attempt 2 failed for good"],
    ...["Resubmitted", "Taken by a consumer"],
  ];
  assert.deepEqual(twice(0), [...before, "Attempt 1 failed for good"]);
  assert.deepEqual(twice(1), [...before, "Attempt 2 failed for good"], "which keeps the retries");
});

Deno.test("an error that comes again is not repeated", () => {
  const lines = timeline({ status: "UNPROCESSABLE", lease: 1 }, [
    happened(2_000, "retried", { detail: "gone" }),
    happened(3_000, "retried", { detail: "gone" }),
    happened(4_000, "exhausted", { detail: "other" }),
  ]);
  assert.deepEqual(lines.slice(2).map(({ detail, isSameError }) => [detail, isSameError ?? false]), [
    ["gone", false],
    [null, true],
    ["other", false],
  ]);
});

Deno.test("the timeline of a job that took down its consumers ends with that, and a job without a heartbeat is not called running", () => {
  const condemned = timeline({ status: "UNPROCESSABLE", lease: 3, crashes: 3 }, [
    happened(2_000, "crashed", { lease: 3 }),
  ]);
  assert.equal(titles(condemned).at(-1), "Given up: it took down 3 consumers");
  const held = { status: "PROCESSING", lease: 1, started_at: 1_500, consumer_id: "consumer-1" } as const;
  assert.equal(titles(timeline({ ...held, last_heartbeat: 8_500 }, [])).at(-1), "Running");
  assert.equal(titles(timeline({ ...held, last_heartbeat: 1_500 }, [])).at(-1), "No heartbeat for 7.5 s");
});

Deno.test("an unknown event, written by hand, is shown as it is", () => {
  const lines = timeline({}, [happened(2_000, "constructor" as HistoryEvent, { lease: 0 })]);
  assert.deepEqual(titles(lines), ["Added", "constructor", "Waiting for a free consumer"]);
});

Deno.test("the actor who added a job again is shown each time, and is not taken for the previous error", () => {
  const detail = "added again, by API token from 203.0.113.7";
  const lines = timeline({ created_at: 3_000 }, [
    happened(2_000, "replaced", { detail }),
    happened(3_000, "replaced", { detail }),
  ]);
  const again = lines.filter(({ title }) => title.startsWith("Added again"));
  assert.deepEqual(again.map((line) => [line.detail, line.isSameError ?? false]), [
    [detail, false],
    [detail, false],
  ]);
});
