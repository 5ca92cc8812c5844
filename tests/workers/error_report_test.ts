import assert from "node:assert/strict";
import { clean, reportOf, withoutPlace } from "../../workers/thread/error_report.ts";
import { KeptLines } from "../../workers/thread/handler_log.ts";

const HERE = "tests/workers/error_report_test.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

class CardDeclined extends Error {}

Deno.test("an error is reported by its class, message and causes, then the first place in the team's own code", () => {
  const cause = new TypeError("ECONNRESET 10.0.0.5");
  const { error, detail } = reportOf(new CardDeclined("save failed", { cause }));
  const [summary, place] = error.split("\n");
  assert.equal(summary, "CardDeclined: save failed (caused by TypeError: ECONNRESET 10.0.0.5)");
  assert.match(place ?? "", new RegExp(`^    at ${HERE}:\\d+:\\d+$`));
  assert.equal(withoutPlace(error), summary);
  assert.match(detail ?? "", /^CardDeclined: save failed\n {4}at .*error_report_test\.ts/);
  assert.match(detail ?? "", /\nCaused by: TypeError: ECONNRESET 10\.0\.0\.5\n {4}at /);
});

Deno.test("a plain error keeps its message as its first line", () => {
  assert.equal(withoutPlace(reportOf(new Error("boom")).error), "boom");
  assert.equal(withoutPlace(reportOf(new Error("two\nlines")).error), "two\nlines");
});

Deno.test("each inner error of an AggregateError is reported, and a code is named", async () => {
  const all = await Promise.any([
    Promise.reject(new Error("A down")),
    Promise.reject(new RangeError("B down")),
  ])
    .catch((error: unknown) => error);
  const { error, detail } = reportOf(all);
  assert.match(error, /\(Error: A down; RangeError: B down\)/);
  assert.match(detail ?? "", /Inner error 1: Error: A down/);
  assert.match(detail ?? "", /Inner error 2: RangeError: B down/);
  const coded = reportOf(Object.assign(new Error("no such file"), { code: "ENOENT", path: "/a" }));
  assert.match(coded.error, /^no such file \[ENOENT\]/);
  assert.match(coded.detail ?? "", / {2}code: "ENOENT"\n {2}path: "\/a"/);
});

Deno.test("both errors of a block with `using` whose disposal fails are reported, and those of several disposals", () => {
  const failing = (words: string) => ({
    [Symbol.dispose]() {
      throw new Error(words);
    },
  });
  const { error, detail } = reportOf(thrownBy(() => {
    using _resource = failing("disposal failed");
    throw new RangeError("body failed", { cause: new Error("its cause") });
  }));
  assert.match(
    error,
    /\(RangeError: body failed \(caused by Error: its cause\); Error: disposal failed\)\n {4}at /,
  );
  assert.match(
    detail ?? "",
    /\nSuppressed: RangeError: body failed\n {4}at .*\nCaused by: Error: its cause\n/s,
  );
  assert.match(detail ?? "", /\nThrown after it: Error: disposal failed\n {4}at /);
  const several = reportOf(thrownBy(() => {
    using _first = failing("first disposal");
    using _second = failing("second disposal");
    throw new Error("body failed");
  }));
  for (const words of ["first disposal", "second disposal", "body failed"]) {
    assert.ok(several.error.includes(words) && several.detail?.includes(words), words);
  }
  const made = reportOf(new SuppressedError("words", null, "made by hand"));
  assert.match(made.error, /^SuppressedError: made by hand \(null; "words"\)/);
});

Deno.test("a message that is an object is shown, and not as [object Object]", () => {
  const message = { code: 7, reason: "declined" };
  const { error } = reportOf(Object.assign(new Error("x"), { message }));
  assert.match(error, /^\{ code: 7, reason: "declined" \}\n/);
  const inner = new AggregateError([Object.assign(new Error("x"), { message })], "all");
  assert.match(reportOf(inner).error, /\(Error: \{ code: 7, reason: "declined" \}\)/);
});

Deno.test("inner errors by the names of fields are reported, and so are properties called errors or error", () => {
  const invalid = reportOf(Object.assign(new Error("invalid"), { errors: { email: new Error("no @") } }));
  assert.match(invalid.error, /^invalid \(Error: no @\)/);
  assert.match(invalid.detail ?? "", /\nInner error email: Error: no @\n/);
  const texts = reportOf(Object.assign(new Error("x"), { errors: "see the log", error: "E7" }));
  assert.match(texts.detail ?? "", /errors: "see the log"\n {2}error: "E7"/);
});

Deno.test("of many inner errors each is in the detail, and the error says how many it leaves out", () => {
  const errorsOf = (count: number) => Array.from({ length: count }, (_, i) => new Error(`number ${i}.`));
  const forty = reportOf(new AggregateError(errorsOf(40), "many"));
  assert.match(forty.error, /many \(Error: number 0\.; Error: number 1\.; Error: number 2\.; and 37 more\)/);
  for (let i = 0; i < 40; i++) {
    assert.ok(forty.detail?.includes(`Inner error ${i + 1}: Error: number ${i}.`), `${i}`);
  }
  assert.match(
    reportOf(new AggregateError(errorsOf(1_000), "more")).detail ?? "",
    /\nAnd 900 more inner errors$/,
  );
});

const ODD: [what: string, thrown: unknown, error: RegExp][] = [
  [
    "an object",
    { code: "E42", detail: "card declined" },
    /not an Error: \{ code: "E42", detail: "card declined" \}/,
  ],
  ["an array", ["a", 1], /not an Error: \[ "a", 1 \]/],
  ["a text", "just words", /^just words$/],
  ["an empty text", "", /empty string/],
  ["null", null, /not an Error: null/],
  ["undefined", undefined, /not an Error: undefined/],
  ["a symbol", Symbol("mine"), /not an Error: Symbol\(mine\)/],
  ["a big integer", 12n, /not an Error: 12n/],
  ["an object without a prototype", Object.create(null), /not an Error: .*\{\}/],
  ["a response", new Response("gone", { status: 410, statusText: "Gone" }), /Response 410 Gone/],
  ["an error without a message", new TypeError(), /^TypeError without a message/],
  [
    "an error whose message is not a string",
    Object.assign(new Error(), { message: { code: 42 } }),
    /^\{ code: 42 \}\n/,
  ],
  ["a DOMException", new DOMException("too late", "TimeoutError"), /^TimeoutError: too late/],
];

Deno.test("every thrown value is reported, including values that are not an Error", async (t) => {
  for (const [what, thrown, words] of ODD) {
    await t.step(what, () => assert.match(reportOf(thrown).error, words));
  }
});

Deno.test("no getter, proxy or circular reference keeps an error from being reported", () => {
  const circle = new Error("round");
  circle.cause = circle;
  assert.match(reportOf(circle).error, /^round \(caused by Error: round/);
  const trap = () => {
    throw new Error("trapped");
  };
  const hostile = new Error("x");
  for (const name of ["message", "name", "stack", "cause", "code", "errors", "constructor"]) {
    Object.defineProperty(hostile, name, { get: trap, enumerable: true });
  }
  assert.ok(reportOf(hostile).error.length > 0);
  const handler = {
    get: trap,
    getPrototypeOf: trap,
    ownKeys: trap,
    has: trap,
    getOwnPropertyDescriptor: trap,
  };
  assert.ok(reportOf(new Proxy({}, handler)).error.length > 0);
  assert.ok(reportOf(new Proxy(new Error("x"), { get: trap })).error.length > 0);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.ok(reportOf(proxy).error.length > 0);
  assert.ok(
    reportOf(Object.assign(new AggregateError([]), { errors: proxy, cause: proxy })).error.length > 0,
  );
});

Deno.test("colours are stripped, halves of surrogate pairs are replaced, and a long error is cut", () => {
  const coloured = reportOf(new Error("\x1b[0m\x1b[36mRequires net access\x1b[0m to \x07 \x00"));
  assert.equal(withoutPlace(coloured.error), "Requires net access to \\x07 \\x00");
  const halved = reportOf(new Error("é".repeat(9_598) + "😀".repeat(2_000)));
  assert.ok(halved.error.length <= 10_000 && halved.error.isWellFormed());
  assert.ok((halved.detail?.length ?? 0) <= 16_000 && halved.detail?.isWellFormed());
  assert.ok(clean(`${"x".repeat(8)}😀`, 10).isWellFormed());
  let chain = new Error("deepest");
  for (let i = 0; i < 1_000; i++) chain = new Error("x".repeat(1_000), { cause: chain });
  const { error, detail } = reportOf(chain);
  assert.ok(error.length <= 10_000 && (detail?.length ?? 0) <= 16_000);
});

Deno.test("the place is in the team's code, not in a library, and cannot be forged by a message", () => {
  const error = thrownBy(() => JSON.parse("{")) as Error;
  assert.match(reportOf(error).error, new RegExp(`^SyntaxError: .*\n    at ${HERE}:`));
  const forged = new Error("x\n    at evil (file:///etc/passwd:1:1)");
  assert.match(reportOf(forged).error, new RegExp(`\n    at ${HERE}:\\d+:\\d+$`));
  const noStack = new Error("bare");
  noStack.stack = "";
  assert.deepEqual(reportOf(noStack), { error: "bare", detail: null });
});

Deno.test("the newest lines of an attempt are kept, and the earlier ones counted", () => {
  const lines = new KeptLines(performance.now(), () => performance.now());
  assert.equal(new KeptLines(0, () => 0).text, null);
  for (let i = 0; i < 250; i++) lines.add(`line ${i}\nand \x1b[31mmore`);
  const kept = (lines.text ?? "").split("\n");
  assert.equal(kept[0], "(150 earlier lines are in the consumer's log)");
  assert.match(kept[1] ?? "", /^\+0\.\d{3} s line 150\\nand more$/);
  assert.match(kept.at(-1) ?? "", /line 249/);
  for (let i = 0; i < 100; i++) lines.add("x".repeat(1_000));
  assert.ok((lines.text?.length ?? 0) < 16_200);
});
