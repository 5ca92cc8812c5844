/** A completed job stays completed, whatever its handler returns. */
import assert from "node:assert/strict";
import { resultText } from "../../workers/thread/results.ts";

Deno.test("a result that is JSON is kept as it is", () => {
  assert.deepEqual(resultText({ n: 1, at: new Date(0) }), {
    text: '{"n":1,"at":"1970-01-01T00:00:00.000Z"}',
    loss: null,
  });
  assert.deepEqual(resultText(undefined), { text: null, loss: null });
});

Deno.test("as much as possible is kept of a result that JSON cannot hold, and the loss is named", () => {
  const circle: Record<string, unknown> = { name: "outer", list: [1] };
  circle.self = circle;
  const shared = { a: 1 };
  const kept: [unknown, string][] = [
    [10n, '"10"'],
    [{ total: 10n, ratio: NaN, most: Infinity }, '{"total":"10","ratio":"NaN","most":"Infinity"}'],
    [circle, '{"name":"outer","list":[1],"self":null}'],
    [{ n: 1n, left: shared, right: shared }, '{"n":"1","left":{"a":1},"right":{"a":1}}'],
  ];
  for (const [value, text] of kept) {
    const result = resultText(value);
    assert.equal(result.text, text);
    assert.match(result.loss ?? "", /kept as text/);
  }
});

Deno.test("a Map, a Set and other results that JSON shows as {} are named as lost, at any depth", () => {
  const hollow: [unknown, string, string][] = [
    [new Map([[1, 2]]), "{}", "Map"],
    [new Set([1]), "{}", "Set"],
    [/a/g, "{}", "RegExp"],
    [new Error("lost"), "{}", "Error"],
    [Object.assign(new Error("lost"), { code: "E1" }), '{"code":"E1"}', "Error"],
    [Promise.resolve(1), "{}", "Promise"],
    [new Headers({ a: "b" }), "{}", "Headers"],
    [{ rows: [{ of: new Map(), and: new Set() }, {}] }, '{"rows":[{"of":{},"and":{}},{}]}', "Map, Set"],
  ];
  for (const [value, text, names] of hollow) {
    const loss = `JSON does not show what is in ${names}, and so it was not kept`;
    assert.deepEqual(resultText(value), { text, loss });
  }
  assert.match(resultText([10n, new Map()]).loss ?? "", /kept as text.*; JSON does not show what is in Map/);
  const whole = [
    {},
    { a: {} },
    "{}",
    new String("s"),
    Object.create(null),
    new Uint8Array(),
    [Object(5)],
    new Date(0),
  ];
  for (const value of whole) assert.equal(resultText(value).loss, null);
});

Deno.test("a result of which nothing can be kept is null, and the loss is named", () => {
  const throwing = {
    toJSON() {
      throw new Error("no");
    },
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  for (const value of [() => {}, Symbol("s"), throwing, revoked.proxy, "x".repeat(1_048_576)]) {
    const { text, loss } = resultText(value);
    assert.equal(text, null);
    assert.match(loss ?? "", /not kept/);
  }
});

Deno.test("of a result that is nested very deep, 500 levels are kept, and the loss is named", () => {
  let list: Record<string, unknown> = { value: "last" };
  for (let i = 0; i < 20_000; i++) list = { value: '"{', next: list };
  const { text, loss } = resultText(list);
  assert.equal(loss, "it nests more than 500 levels deep, and what lies deeper was kept as null");
  let levels = 0;
  for (let part = JSON.parse(text ?? "null"); part !== null; part = part.next) levels += 1;
  assert.equal(levels, 500);
  let deeper: unknown = 1n;
  for (let i = 0; i < 1_000_000; i++) deeper = [deeper];
  assert.equal(resultText([2n, deeper]).text?.length, '["2",'.length + 2 * 499 + "null".length + 1);
});

Deno.test("a result of 500 levels is kept whole, and its texts may hold brackets, quotes and backslashes", () => {
  let list: unknown = ["[".repeat(600), '"{'.repeat(600), "\\\\"];
  for (let i = 0; i < 499; i++) list = [list];
  assert.deepEqual(resultText(list), { text: JSON.stringify(list), loss: null });
  assert.match(resultText([list]).loss ?? "", /500 levels/);
});
