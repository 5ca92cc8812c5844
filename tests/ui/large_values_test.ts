/** However large the values that are sent or stored: the work on them stays small. */
import assert from "node:assert/strict";
import process from "node:process";
import { indentedJson } from "../../ui/manager/job_view.ts";
import { openPages } from "./open_pages.ts";

const MIB = 1024 * 1024;
/** Of `JSON.parse` they took 2.7 s; generous, because the machine may be busy. */
const SOON_MS = 800;

const jobs = (count: number, payload: unknown) =>
  Array.from({ length: count }, (_, i) => ({ id: `job ${i}`, kind: "mail", payload, run_at: 4e12 }));

Deno.test("ids of waiting jobs are added again without their large payloads in the response", async () => {
  await using pages = await openPages();
  for (let i = 0; i < 5; i++) {
    await pages.queue.add(jobs(40, "x".repeat(MIB - 2)).slice(8 * i, 8 * i + 8));
  }
  const again = jobs(40, null).map(({ id, kind }) => ({ id, kind }));
  const response = await pages.api("/api/jobs", again);
  const text = await response.text();
  assert.equal(response.status, 200);
  assert.ok(text.length < 40_000, `${text.length} characters`);
  const { jobs: told, outcomes } = JSON.parse(text);
  assert.deepEqual(new Set(outcomes), new Set(["waiting"]));
  assert.deepEqual([told[3].id, told[3].payload, told[3].left_out], ["job 3", null, ["payload"]]);
});

Deno.test("a list holds a mebibyte of values at most, and names what it leaves out", async () => {
  await using pages = await openPages();
  await pages.queue.add(jobs(200, "x".repeat(60_000)));
  const text = await (await pages.api("/api/jobs?limit=200")).text();
  assert.ok(text.length < 1.2 * MIB, `${text.length} characters`);
  const listed: { payload: unknown; left_out?: string[] }[] = JSON.parse(text).jobs;
  assert.equal(listed.length, 200);
  for (const { payload, left_out } of listed) {
    assert.deepEqual(left_out, payload === null ? ["payload"] : undefined);
  }
  assert.ok(listed.filter(({ payload }) => payload !== null).length >= 15);
});

/** Processor time does not depend on what else the machine does. */
function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

Deno.test("brackets by the megabyte are refused before they are parsed", async (t) => {
  await using pages = await openPages();
  const headers = { "content-type": "application/json", authorization: "Bearer token-of-the-tests" };
  const cookie = await pages.logIn();
  for (
    const [what, body] of [
      ["levels", "[".repeat(7 * MIB)],
      ["lists", `[${"[],".repeat(2_300_000)}0]`],
      ["objects in one job", `{"kind":"mail","payload":[${"{},".repeat(340_000)}0]}`],
      ["elements", `[${"0,".repeat(4_000_000)}0]`],
      ["numbers in one element", `[[${"0,".repeat(3_900_000)}0]]`],
    ] as const
  ) {
    await t.step(what, async () => {
      const before = process.cpuUsage();
      const response = await pages.ask("/api/jobs", { method: "POST", headers, body });
      const { error } = await response.json();
      const ms = cpuMsSince(before);
      assert.ok([400, 413].includes(response.status), error.message);
      assert.ok(ms < SOON_MS, `it took ${Math.round(ms)} ms of processor time`);
    });
  }
  await t.step("fields of a form", async () => {
    const before = process.cpuUsage();
    const response = await pages.ask("/cancel", {
      method: "POST",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      body: "id&".repeat(300_000),
    });
    await response.body?.cancel();
    assert.equal(response.status, 400);
    assert.ok(cpuMsSince(before) < SOON_MS);
  });
  await t.step("the payload that a form brings", async () => {
    const response = await pages.ask("/add", {
      method: "POST",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ kind: "mail", payload: "[".repeat(200_000) }),
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /nests more than 500 levels deep/);
  });
  assert.equal((await pages.queue.stats()).counts.PENDING, 0);
  assert.deepEqual(pages.faults, []);
});

Deno.test("a long list of jobs, which is parsed in slices, is JSON to the letter or refused", async (t) => {
  await using pages = await openPages();
  const headers = { "content-type": "application/json", authorization: "Bearer token-of-the-tests" };
  const post = (body: string) => pages.ask("/api/jobs", { method: "POST", headers, body });
  const text = 'ü"\\,[]{}\\" 😀'.repeat(9_000);
  const good = Array.from(
    { length: 9 },
    (_, i) => JSON.stringify({ id: `a${i}`, kind: "mail", payload: text }),
  );
  await t.step("valid JSON is stored", async () => {
    assert.equal((await post(`\ufeff [ ${good.join(" ,\n")} ] \n`)).status, 201);
    assert.equal((await pages.queue.get("a8")).job.payload, JSON.stringify(text));
  });
  const [first = "", ...rest] = good;
  for (
    const [what, body] of [
      ["an element that is missing", `[${first},,${rest.join(",")}]`],
      ["a comma at the end", `[${good.join(",")},]`],
      ["a comma at the beginning", `[,${good.join(",")}]`],
      ["no end", `[${good.join(",")}`],
      ["another end", `[${good.join(",")}}`],
      ["words behind the end", `[${good.join(",")}] []`],
      ["a byte order mark in the middle", `[${first},\ufeff${rest.join(",")}]`],
      ["brackets that do not match", `[${good.join(",")},{]}]`],
    ] as const
  ) {
    await t.step(`${what} is refused`, async () => {
      const response = await post(body);
      assert.deepEqual([response.status, (await response.json()).error.code], [400, "invalid_json"]);
    });
  }
});

Deno.test("a value is indented as far as it is shown, and no number is rounded", () => {
  const values = [null, 1.5, 'a"b\\', [], {}, [[], {}], { a: [1, { b: null }], "c,": "x,y:{}" }, [[[[1]]]]];
  for (const value of values) {
    const indented = JSON.stringify(value, null, 2);
    for (const stored of [JSON.stringify(value), indented]) {
      assert.deepEqual(indentedJson(stored, 1000), { text: indented, isCut: false });
    }
  }
  assert.equal(indentedJson('{"n":12345678901234567890}', 1000).text, '{\n  "n": 12345678901234567890\n}');
  const bomb = `${"[".repeat(498)}${"0,".repeat(450_000)}0${"]".repeat(498)}`;
  const { text, isCut } = indentedJson(bomb, 65_536);
  assert.deepEqual([text.length, isCut], [65_536, true]);
  assert.equal(Math.max(...text.split("\n").slice(0, 20).map((line) => line.length)), 39);
});
