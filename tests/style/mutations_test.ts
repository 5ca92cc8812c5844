/** The mutations follow the code: a change to a line that one of them edits fails here. */
import assert from "node:assert/strict";
import { mutated } from "../mutate/edit.ts";
import { MUTATIONS } from "../mutate/mutations.ts";

const ROOT = new URL("../../", import.meta.url);

for (const { name, edits, tests, faults = "" } of MUTATIONS) {
  Deno.test(`the mutation fits the code: ${name}`, () => {
    for (const edit of edits) mutated(Deno.readTextFileSync(new URL(edit.file, ROOT)), edit);
    assert.ok(tests.length + faults.length > 0);
    for (const test of tests) assert.ok(Deno.statSync(new URL(test, ROOT)).isFile);
  });
}
