import assert from "node:assert/strict";
import { NewestFirst } from "../../ui/client/newest_first.ts";

const OLD = "mail.ts cannot be loaded – jobs of kind mail wait";
const SILENT = "Consumer 5 has fallen silent.";
const waiting = (n: number) => `${n} jobs wait because no handler is named "fax".`;

Deno.test("a warning that has just arisen is not behind one that was there before", () => {
  const warnings = new NewestFirst();
  assert.deepEqual(warnings.order([OLD, waiting(1_200)]), [OLD, waiting(1_200)]);
  assert.deepEqual(warnings.order([OLD, waiting(1_300), SILENT]), [SILENT, OLD, waiting(1_300)]);
  assert.deepEqual(warnings.order([OLD, waiting(7), SILENT]), [SILENT, OLD, waiting(7)], "it stays first");
});

Deno.test("a warning that has gone and comes back is new", () => {
  const warnings = new NewestFirst();
  warnings.order([OLD, SILENT]);
  warnings.order([SILENT]);
  assert.deepEqual(warnings.order([SILENT, OLD]), [OLD, SILENT]);
});
