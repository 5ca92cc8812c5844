import assert from "node:assert/strict";
import { editDistance, nearest, printable } from "@persistent-queue/queue";

Deno.test("printable text is unchanged in every language", () => {
  for (const text of ["data/files/abc.txt", "C:\\jobs\\a.txt", "{x} %s $1", "naïve 日本語 😀", ""]) {
    assert.equal(printable(text), text);
  }
});

Deno.test("characters that forge a line, move a cursor or reverse the text direction are escaped", () => {
  assert.equal(printable("a\nb\r\tc"), "a\\nb\\r\\tc");
  assert.equal(printable("\x1b[31mred\x07\x00\x7f\x9b"), "\\x1b[31mred\\x07\\x00\\x7f\\x9b");
  assert.equal(
    printable("\u2028\u2029\u202e\u2066\u200f\u061c\ufeff"),
    "\\u2028\\u2029\\u202e\\u2066\\u200f\\u061c\\ufeff",
  );
  assert.equal(printable("half \ud83d, whole 😀, half \ude00"), "half \\ud83d, whole 😀, half \\ude00");
});

Deno.test("no character of the first Unicode plane that a terminal acts on passes through", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const shown = printable(String.fromCharCode(code));
    assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u, code.toString(16));
  }
});

Deno.test("long text is cut with a mark, never inside a character", () => {
  assert.equal(printable("abcdef", { maxLength: 6 }), "abcdef");
  assert.equal(printable("abcdefg", { maxLength: 6 }), "abcde…");
  assert.equal(printable("abc😀😀", { maxLength: 5 }), "abc…");
  assert.equal(printable("\n".repeat(9), { maxLength: 6 }), "\\n\\n\\…");
});

Deno.test("editDistance counts additions, deletions, changes and swaps of neighbours", () => {
  const known: [string, string, number][] = [
    ["", "abc", 3],
    ["same", "same", 0],
    ["kitten", "sitting", 3],
    ["abcd", "acbd", 1],
    ["consumers", "consumer", 1],
  ];
  for (const [left, right, distance] of known) {
    assert.equal(editDistance(left, right), distance, `${left} ${right}`);
    assert.equal(editDistance(right, left), distance, `${right} ${left}`);
  }
});

Deno.test("nearest finds the intended word, and null if none is close", () => {
  const words = ["add", "list", "show", "resubmit", "cancel"];
  assert.equal(nearest("lst", words), "list");
  assert.equal(nearest("RESUBMTI", words), "resubmit");
  assert.equal(nearest("frobnicate", words), null);
  assert.equal(nearest("", words), null);
});
