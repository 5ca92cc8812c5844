import assert from "node:assert/strict";
import { parseDelay, parseDueTime } from "../../ui/api/due_time.ts";
import { openPages } from "./open_pages.ts";

const NOON = Date.UTC(2030, 0, 31, 12);

const RIGHT: Record<string, number> = {
  "2030-01-31T12:00:00Z": NOON,
  "2030-01-31 12:00Z": NOON,
  "2030-01-31t12:00:00z": NOON,
  "2030-01-31T13:00:00+01:00": NOON,
  "2030-01-31 13:00:00+01": NOON,
  "2030-01-31T13:00:00+0100": NOON,
  "2030-01-31T06:30:00-05:30": NOON,
  "2030-01-31T12:00:00.5Z": NOON + 500,
  "2030-01-31T12:00:00.123456Z": NOON + 123,
  "2032-02-29T00:00:00Z": Date.UTC(2032, 1, 29),
};

const WRONG: Record<string, RegExp> = {
  "2030-02-30T12:00:00Z": /date or time that does not exist/,
  "2031-02-29T12:00:00Z": /date or time that does not exist/,
  "2030-04-31T12:00:00Z": /date or time that does not exist/,
  "2030-13-01T12:00:00Z": /date or time that does not exist/,
  "2030-01-31T24:00:00Z": /date or time that does not exist/,
  "2030-01-31T12:60:00Z": /date or time that does not exist/,
  "2030-01-31T23:59:60Z": /date or time that does not exist/,
  "2030-01-31T12:00:00+99": /zone that does not exist/,
  "2030-01-31T12:00:00": /no time zone.*2030-01-31T12:00:00Z/,
  "2030-01-31": /no time zone/,
  "2030-03-31T02:30": /no time zone/,
  "2030-01-31 (tomorrow)": /is not a time/,
  "2030-01-31T12:00:00Z (tomorrow)": /is not a time/,
  "2030-01-31T12:00:00Z\n": /is not a time/,
  "33658-01-01T00:00:00Z": /is not a time/,
  "tomorrow": /is not a time/,
  "1900000000": /is not a time/,
  "": /is not a time/,
};

Deno.test("a time is read as the moment that it names, in every zone", () => {
  for (const [text, ms] of Object.entries(RIGHT)) assert.deepEqual(parseDueTime(text), { ms }, text);
});

Deno.test("a time that does not exist, or that is not a single moment, is a problem and never another time", () => {
  for (const [text, problem] of Object.entries(WRONG)) {
    const due = parseDueTime(text);
    assert.ok("problem" in due, text);
    assert.match(due.problem, problem, text);
  }
});

Deno.test("a span of time is read with its units", () => {
  assert.equal(parseDelay("90s"), 90_000);
  assert.equal(parseDelay("2h30m"), 9_000_000);
  assert.equal(parseDelay("3d"), 259_200_000);
  for (const text of ["", "90", "h", "1w", "-5m", "1.5h", "5m later"]) {
    assert.equal(parseDelay(text), null, text);
  }
});

const NOT_MEANT = [
  Math.floor(Date.now() / 1000) + 3600,
  Date.now() / 1000,
  1_900_000_000_000_000,
  "2030-02-30T12:00:00Z",
  "2030-01-31 (tomorrow)",
  "2030-01-31T12:00:00",
  String(Date.now()),
  true,
];

Deno.test("epoch seconds, 30 February and times without a zone are refused by the API, and nothing runs", async () => {
  await using pages = await openPages();
  for (const run_at of NOT_MEANT) {
    const response = await pages.api("/api/jobs", { kind: "mail", run_at });
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code], [400, "invalid_job"], String(run_at));
  }
  const seconds = await pages.api("/api/jobs", { kind: "mail", run_at: 1_900_000_000 });
  assert.match((await seconds.json()).error.message, /look like seconds, so write 1900000000000/);
  assert.equal((await pages.queue.stats()).counts.PENDING, 0);
});

Deno.test("the response to adding a job says when it is due, in UTC and from now", async () => {
  await using pages = await openPages();
  const response = await pages.api("/api/jobs", { kind: "mail", run_at: "2090-01-31 13:00:00+01" });
  const { due_at, due_in_ms, run_at } = await response.json();
  assert.equal(due_at, "2090-01-31T12:00:00.000Z");
  assert.equal(run_at, Date.UTC(2090, 0, 31, 12));
  assert.ok(due_in_ms > 0);
});

Deno.test("the form takes a time with its zone or a span, and gives back what it cannot read", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  const add = (run_at: string) =>
    pages.ask("/add", {
      method: "POST",
      headers: { cookie, origin: "http://127.0.0.1:8501" },
      body: new URLSearchParams({ kind: "mail", id: `m ${run_at}`, run_at }),
    });
  assert.equal((await add("2090-01-31T12:00:00Z")).status, 303);
  assert.equal((await pages.queue.get("m 2090-01-31T12:00:00Z")).job.runAt, Date.UTC(2090, 0, 31, 12));
  assert.equal((await add("2h")).status, 303);
  assert.ok((await pages.queue.get("m 2h")).job.runAt > Date.now() + 7_000_000);
  const refused = await add("2090-02-30T12:00:00Z");
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /value="2090-02-30T12:00:00Z"/);
});
