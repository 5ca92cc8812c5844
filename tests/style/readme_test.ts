/** What the README says of the fault plan is what is tried. */
import assert from "node:assert/strict";
import { FAULTS } from "../faults/faults.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

Deno.test("the README's table has each row of the fault plan, with its number of tries in every test run", () => {
  const rows = [...README.matchAll(/^\| ([A-Z]) \| .+? \|\s+([\d,]+) \|\s+[\d,]+ \|$/gm)];
  assert.deepEqual(
    rows.map(([, letter, each]) => `${letter} ${each}`),
    FAULTS.map(({ letter, tries }) => `${letter} ${tries.each.toLocaleString("en")}`),
  );
});
