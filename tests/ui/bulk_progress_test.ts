import assert from "node:assert/strict";
import { progressInWords } from "../../ui/manager/bulk_actions.ts";

Deno.test("the total of a bulk move does not run along with the number of jobs moved so far", () => {
  const notAll = { n: 10_000, isAll: false };
  assert.equal(progressInWords(9_400, notAll), "9,400 of more than 10,000");
  assert.equal(progressInWords(29_400, notAll), "29,400 so far");
  assert.equal(progressInWords(20, { n: 3_000, isAll: true }), "20 of 3,000");
  assert.equal(progressInWords(3_001, { n: 3_000, isAll: true }), "3,001 so far", "one was added meanwhile");
  assert.equal(progressInWords(200, null), "200");
});
