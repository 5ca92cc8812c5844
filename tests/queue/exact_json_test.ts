import assert from "node:assert/strict";
import { doubledKeyIn, InexactNumber, parseExactly } from "@persistent-queue/queue";
import { assertExact, exactJson } from "@persistent-queue/queue/words";

const KEPT = [
  '{"v":-0}',
  '{"v":-0.0}',
  '{"v":1.10,"w":[1.0,1e3,1E+2,-2.50e-7]}',
  "-0",
  "1.0",
  "9007199254740991",
  "9007199254740994",
  "0.1",
  "0.30000000000000004",
  "100000000000000000000",
  "1e21",
  '{"text":"1970670598291982290 -0 1.0 1e400","a":1}',
  "[]",
  "null",
];

const LOST: [json: string, number: string, path: string][] = [
  ["1970670598291982290", "1970670598291982290", ""],
  ['{"v":9007199254740993}', "9007199254740993", "v"],
  ['{"items":[{"id":1},{"id":1970670598291982290}]}', "1970670598291982290", "items[1].id"],
  ["[1,[2,1e400]]", "1e400", "[1][1]"],
  ["-1e400", "-1e400", ""],
  ["1e-400", "1e-400", ""],
  ["0.12345678901234567891", "0.12345678901234567891", ""],
  ['{"a":{"b":"x"},"c":3.141592653589793238}', "3.141592653589793238", "c"],
  ["100000000000000000001", "100000000000000000001", ""],
];

Deno.test("numbers that a double can hold are kept to the letter", () => {
  for (const json of KEPT) assert.equal(exactJson(parseExactly(json)), json);
});

Deno.test("a number that a double cannot hold is refused by its name and place", () => {
  for (const [json, number, path] of LOST) {
    for (const read of [parseExactly, assertExact]) {
      assert.throws(() => read(json), (error) => {
        assert.ok(error instanceof InexactNumber, json);
        assert.deepEqual([error.number, error.path], [number, path]);
        return true;
      });
    }
  }
});

Deno.test("what a program gives is written as it is, or refused: −0, NaN, Infinity", () => {
  assert.equal(exactJson({ v: -0, w: [0, -0, null] }), '{"v":-0,"w":[0,-0,null]}');
  assert.equal(exactJson(-0), "-0");
  assert.equal(exactJson({ v: null, toJSON: undefined }), '{"v":null}');
  for (const value of [NaN, { a: { ratio: Infinity } }, [1, -Infinity]]) {
    assert.throws(() => exactJson(value), InexactNumber);
  }
  assert.equal(exactJson(undefined), undefined);
});

Deno.test("a key that stands twice in one object is found, however it is written", () => {
  assert.equal(doubledKeyIn('{"a":1,"b":{"a":2},"\\u0061":3}'), "a");
  assert.equal(doubledKeyIn('[{"a":1},{"a":"a"},{"b":{"x":1,"x":2}}]'), "x");
  assert.equal(doubledKeyIn('{"a":":","b":"\\"a\\":1"}'), null);
});

Deno.test("a mebibyte of digits, strings or keys is read in a moment", () => {
  const texts = [
    `"${"1".repeat(1_000_000)}"`,
    JSON.stringify(Array.from({ length: 50_000 }, (_, i) => String(10 ** 15 + i))),
    `[${"1.05,".repeat(150_000)}1]`,
  ];
  for (const text of texts) {
    const began = performance.now();
    parseExactly(text);
    assert.ok(performance.now() - began < 500);
  }
  assert.throws(() => parseExactly("9".repeat(1_000_000)), InexactNumber);
});
