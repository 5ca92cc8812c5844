/** What processes show each other is checked when it is read, because it may come from anywhere. */
import assert from "node:assert/strict";
import type { SystemView } from "@persistent-queue/queue";
import { orderText, readOrder } from "../../queue/hosts/orders.ts";
import { readView, viewText } from "../../queue/hosts/view_text.ts";
import { sqliteTest } from "../support/backend.ts";
import { testQueue } from "../support/queue/test_queue.ts";

const NOW = Date.UTC(2026, 0, 1);

const VIEW: SystemView = {
  ...{
    startedAt: NOW - 5_000,
    starting: false,
    stopping: true,
    wedged: 2,
    producing: true,
    takesFaults: true,
  },
  consumers: [
    {
      ...{
        id: "11111111-1111-4111-8111-111111111111",
        slot: 1,
        state: "working",
        jobId: "a job",
        jobMs: 1.5,
      },
      ...{ waiting: 3, heartbeatAgeMs: 12, done: 7, failed: 2, restarts: 1 },
    },
    {
      ...{ id: "", slot: 2, state: "restarting", jobId: null, jobMs: 0 },
      ...{ waiting: 0, heartbeatAgeMs: null, done: 0, failed: 0, restarts: 9 },
    },
  ],
  sweep: { lastAt: null, lastRequeued: 4 },
  warnings: ["The disk is nearly full."],
  events: [],
  trouble: "The system is stopping.",
  memoryBytes: 1_000_000,
};
const KINDS = ["file", "mail"];
const HISTORY = [{ added: 1, completed: 2, failed: 3 }, { added: 0, completed: 4, failed: 0 }];

function textOf(more: object): string {
  return JSON.stringify({ ...VIEW, at: NOW, history: [], ...more });
}

Deno.test("what a process shows is read by another unchanged, except for its recent events", () => {
  const what = { type: "notice", text: "of this process alone" } as const;
  const event = { at: NOW, level: "info", jobId: null, consumerId: null, what } as const;
  const text = viewText({
    view: { ...VIEW, events: [event] },
    viewedAt: NOW,
    history: HISTORY,
    kinds: KINDS,
  });
  assert.deepEqual(readView(text, 0), { view: VIEW, viewedAt: NOW, history: HISTORY, kinds: KINDS });
});

Deno.test("a view that is not a JSON object, too long or missing shows nothing", () => {
  const long = textOf({ warnings: ["x".repeat(300_000)] });
  for (const text of [null, "", "{", "null", "[]", "7", '"words"', long]) {
    assert.deepEqual(
      readView(text, NOW),
      { view: null, viewedAt: NOW, history: [], kinds: [] },
      text?.slice(0, 20),
    );
  }
});

Deno.test("what does not fit is left out of a view, field by field", () => {
  const odd = [null, -1, "words", {}, [], true, 1e300];
  for (const value of odd) {
    const fields = Object.fromEntries(
      [...Object.keys(VIEW), "at", "history", "kinds"].map((name) => [name, value]),
    );
    const { view, viewedAt, history, kinds } = readView(JSON.stringify(fields), NOW);
    assert.ok(view !== null);
    const { startedAt, wedged, memoryBytes, consumers, warnings, events, sweep } = view;
    assert.deepEqual([startedAt, wedged, memoryBytes, viewedAt], [0, 0, 0, NOW], JSON.stringify(value));
    assert.deepEqual(
      [consumers, warnings, events, history, kinds],
      [[], [], [], [], []],
      JSON.stringify(value),
    );
    assert.deepEqual(sweep, { lastAt: null, lastRequeued: 0 });
    assert.equal(view.stopping, value === true);
    assert.equal(view.takesFaults, value === true);
    assert.equal(view.trouble, value === "words" ? "words" : null);
  }
  const none = {
    view: { ...VIEW, startedAt: 0, starting: false, stopping: false, consumers: [], wedged: 0 },
  };
  const { view } = readView("{}", NOW);
  assert.deepEqual(view, {
    ...none.view,
    ...{
      sweep: { lastAt: null, lastRequeued: 0 },
      producing: false,
      takesFaults: false,
      warnings: [],
      trouble: null,
      memoryBytes: 0,
    },
  });
});

Deno.test("a consumer without a slot or with an unknown state is left out, and invalid numbers count as none", () => {
  const [one] = VIEW.consumers;
  const consumers = [
    { ...one, state: "toString" },
    { ...one, slot: "1" },
    null,
    "words",
    {
      ...{
        slot: 5,
        id: "c",
        state: "idle",
        jobId: 7,
        jobMs: "long",
        waiting: -3,
        done: null,
        more: "ignored",
      },
    },
    { ...one, id: "x".repeat(3_000) },
    { ...one, jobId: "x".repeat(3_000) },
  ];
  const { view } = readView(textOf({ consumers }), NOW);
  assert.deepEqual(view?.consumers, [
    {
      ...{ slot: 5, id: "c", state: "idle", jobId: null, jobMs: 0, waiting: 0 },
      ...{ heartbeatAgeMs: null, done: 0, failed: 0, restarts: 0 },
    },
    { ...one, jobId: null },
  ]);
});

Deno.test("the sentences of another process are limited to a few short lines", () => {
  const warnings = ["two\nlines \u202e", 7, "", ...Array.from({ length: 100 }, () => "x".repeat(2_000))];
  const { view } = readView(textOf({ warnings, trouble: `\x1b[31m${"y".repeat(5_000)}` }), NOW);
  assert.equal(view?.warnings[0], "two\\nlines \\u202e");
  assert.equal(view?.warnings.length, 18);
  assert.ok(view?.warnings.every(({ length }) => length <= 500));
  assert.match(view?.trouble ?? "", /^\\x1b\[31my{400,}…$/);
});

Deno.test("a process with very many consumers shows as many as fit", () => {
  const [one] = VIEW.consumers;
  assert.ok(one !== undefined);
  const many = Array.from({ length: 1_000 }, (_, i) => ({ ...one, slot: i + 1, jobId: "j".repeat(2_000) }));
  const text = viewText({ view: { ...VIEW, consumers: many }, viewedAt: NOW, history: [], kinds: [] });
  assert.ok(text.length <= 256 * 1024);
  const shown = readView(text, NOW).view?.consumers ?? [];
  assert.deepEqual(shown, many.slice(0, 62));
});

Deno.test("kinds that are no text, or longer than a job may have, are left out of a view, and very many are cut", () => {
  const kinds = ["mail", 7, null, "", "x".repeat(65), "x".repeat(64)];
  assert.deepEqual(readView(textOf({ kinds }), NOW).kinds, ["mail", "x".repeat(64)]);
  const many = Array.from({ length: 5_000 }, (_, i) => `${i}`.padEnd(64, "x"));
  const shown = readView(viewText({ view: VIEW, viewedAt: NOW, history: HISTORY, kinds: many }), NOW);
  assert.deepEqual([shown.kinds.length, shown.view?.consumers.length], [1_000, VIEW.consumers.length]);
});

Deno.test("an order is read as it was given, however long the user's name is", () => {
  const order = { type: "fault", consumerId: "c1", fault: "hang", by: "ä person at another host" } as const;
  assert.deepEqual(readOrder(orderText(order)), order);
  const long = orderText({ ...order, by: "€\n".repeat(5_000) });
  assert.ok(new TextEncoder().encode(long).length < 4_000);
  assert.equal(readOrder(long).type, "fault");
});

Deno.test("an order that is not understood is unknown, and shown on one short line", () => {
  const order = { type: "fault", consumerId: "c1", fault: "crash", by: "a person" };
  const texts = [
    ...["", "{", "null", "[]", "7", "crash\neverything\x1b[2J", "x".repeat(9_000)],
    ...[{ type: "stop" }, { fault: "stop" }, { consumerId: 7 }, { by: null }, { consumerId: "x".repeat(200) }]
      .map((change) => JSON.stringify({ ...order, ...change })),
  ];
  for (const text of texts) {
    const read = readOrder(text);
    assert.ok(read.type === "unknown" && read.text.length <= 300 && !/\p{Cc}/u.test(read.text), text);
  }
});

sqliteTest(
  "a queue in a file has one host, which shows itself to no other and takes no orders from one",
  async () => {
    await using on = await testQueue();
    using _presented = on.queue.present({ view: () => assert.fail("it was looked at"), onOrder() {} });
    await on.queue.recover();
    await on.queue.probe();
    await on.queue.sweep({ held: [], freed: 0 });
    assert.deepEqual(on.queue.hosts, []);
    assert.equal(await on.queue.orderFault("c1", "crash", "a person"), false);
  },
);
