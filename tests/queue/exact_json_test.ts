import assert from "node:assert/strict";
import { DuplicateKey, InexactNumber, inTurns, JsonText } from "@persistent-queue/queue";
import { assertExact, exactJson } from "@persistent-queue/queue/basics";
import { random } from "../support/random.ts";

async function kept(json: string): Promise<string> {
  return (await inTurns(JsonText.whole(json))).text;
}

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
  "0.0000001",
  "[0.00000025,-0.0000001]",
  "1000000000000000000000",
  "100000000000000000000000",
  '{"2":1,"1":2,"a":{"10":0,"9":0}}',
  '{"__proto__":{"a":1}}',
  '"\\u0041\\/"',
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

Deno.test("JSON is kept to the letter, numbers and the order of keys included, without the spaces", async () => {
  for (const json of KEPT) {
    assert.equal(await kept(json), json);
    const spaced = json.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g, (part) => ` \n${part}\t `);
    assert.equal(await kept(spaced), json);
  }
});

Deno.test("a number that a double cannot hold is refused with its text and path", async () => {
  for (const [json, number, path] of LOST) {
    const named = (error: unknown) => {
      assert.ok(error instanceof InexactNumber, json);
      assert.deepEqual([error.number, error.path], [number, path]);
      return true;
    };
    assert.throws(() => assertExact(json), named);
    await assert.rejects(kept(json), named);
  }
});

Deno.test("a value from a program is written exactly, or refused: −0, NaN, Infinity", () => {
  assert.equal(exactJson({ v: -0, w: [0, -0, null] }), '{"v":-0,"w":[0,-0,null]}');
  assert.equal(exactJson(-0), "-0");
  assert.equal(exactJson({ v: null, toJSON: undefined }), '{"v":null}');
  for (const value of [NaN, { a: { ratio: Infinity } }, [1, -Infinity]]) {
    assert.throws(() => exactJson(value), InexactNumber);
  }
  assert.equal(exactJson(undefined), undefined);
});

Deno.test("a key that appears twice in one object is found, however it is written", async () => {
  const duplicated = (key: string) => (error: unknown) => error instanceof DuplicateKey && error.key === key;
  await assert.rejects(kept('{"a":1,"b":{"a":2},"\\u0061":3}'), duplicated("a"));
  await assert.rejects(kept('[{"a":1},{"a":"a"},{"b":{"x":1,"x":2}}]'), duplicated("x"));
  await kept('{"a":":","b":"\\"a\\":1"}');
});

Deno.test("the scanner accepts exactly what JSON.parse accepts", async () => {
  const chance = random(7);
  const parts = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b\\n"',
    '"\\u00e9"',
    '"\\x"',
    '"\t"',
    "0",
    "-",
    "1",
    ".5",
  ];
  const more = [
    "e3",
    "E+2",
    "01",
    "true",
    "false",
    "null",
    "nul",
    " ",
    "\n",
    "\u00a0",
    '"',
    "\\",
    "'c'",
    "é",
  ];
  const valid = ['{"a":[1,{"b":null}],"c":"x"}', '[[],{},"",-0.5e-3,true]', '{"a":{"b":{"c":[1,2,[3]]}}}'];
  let valids = 0;
  for (let i = 0; i < 20_000; i++) {
    const part = () => chance.pick([...parts, ...more]);
    const base = valid[i % 5] ?? "";
    const at = chance.below(Math.max(1, base.length));
    const json = base === ""
      ? Array.from({ length: 1 + chance.below(5) }, part).join("")
      : base.slice(0, at) + part() + base.slice(at + chance.below(3));
    const isValid = isJson(json);
    if (isValid) valids++;
    const outcome = await kept(json).then((text) => text, (error: Error) => error);
    if (outcome instanceof DuplicateKey) continue;
    if (typeof outcome !== "string") {
      assert.ok(outcome instanceof SyntaxError && !isValid, `${json}: ${outcome}`);
    } else {
      assert.ok(isValid, json);
      assert.deepEqual(JSON.parse(outcome), JSON.parse(json));
    }
  }
  assert.ok(valids > 1_000, String(valids));
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

Deno.test("lists, objects and the payload among the members of an object stay text, the rest is parsed", async () => {
  const members = (json: string) => inTurns(JsonText.members(json, "payload"));
  const job = await members(
    ' { "id" : "a", "priority" : 5.0, "payload" : 1.50 , "replace":true, "more":[ 1 ] } ',
  );
  const { payload, more, ...rest } = job as Record<string, unknown>;
  assert.deepEqual({ ...rest }, { id: "a", priority: 5, replace: true });
  assert.deepEqual([payload, more].map((one) => one instanceof JsonText && [one.text, one.levels]), [
    ["1.50", 0],
    ["[1]", 1],
  ]);
  assert.deepEqual(await members("[{}]"), []);
  assert.equal(await members('"text"'), "text");
  await assert.rejects(members('{"payload":1,"payload":2}'), DuplicateKey);
});

Deno.test("a mebibyte of digits, strings or keys holds up the thread for a few milliseconds only", async () => {
  const texts = [
    `"${"1".repeat(1_000_000)}"`,
    JSON.stringify(Array.from({ length: 50_000 }, (_, i) => String(10 ** 15 + i))),
    `[${"1.50,".repeat(200_000)}1]`,
    `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":1`)}}`,
    `[${'{"a":-0},'.repeat(99_000)}1]`,
  ];
  for (const text of texts) {
    let steps = 0;
    const began = performance.now();
    for (const _ of JsonText.whole(text)) steps++;
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 500, `${text.slice(0, 20)} ${tookMs} ms`);
    if (text.startsWith("[") || text.startsWith("{")) assert.ok(steps > 80, String(steps));
  }
  await assert.rejects(kept("9".repeat(1_000_000)), InexactNumber);
});
