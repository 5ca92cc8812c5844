/** `log` takes any value: it never throws, and writes readable text. */
import assert from "node:assert/strict";
import { inspectValues } from "../../workers/thread/handler_log.ts";

Deno.test("every value that a handler logs becomes a readable line", () => {
  const lines: [unknown[], RegExp | string][] = [
    [["paid", 42, true], "paid 42 true"],
    [[], ""],
    [[undefined], "undefined"],
    [[null], "null"],
    [[10n], "10n"],
    [[Symbol("s")], "Symbol(s)"],
    [[{ a: 1, b: ["x"] }], '{ a: 1, b: [ "x" ] }'],
    [[new TypeError("no")], "TypeError: no"],
    [[Object.create(null)], /\{\}/],
    [[() => 1], /Function/],
    [[new Map([["a", 1]])], 'Map(1) { "a" => 1 }'],
    ["%s and %d".split(" "), "%s and %d"],
  ];
  for (const [values, expected] of lines) {
    const line = inspectValues(values);
    if (typeof expected === "string") assert.equal(line, expected);
    else assert.match(line, expected);
    assert.ok(!line.includes("\n"), line);
  }
});

Deno.test("values that cannot be inspected are logged anyway", () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const resisting = [
    { toString: () => assert.fail("never") },
    { [Symbol.for("Deno.customInspect")]: () => assert.fail("never") },
    Object.defineProperty(new Error(), "message", { get: () => assert.fail("never") }),
    new Proxy({}, { ownKeys: () => assert.fail("never") }),
    revoked.proxy,
  ];
  for (const value of resisting) assert.equal(typeof inspectValues([value]), "string");
});
