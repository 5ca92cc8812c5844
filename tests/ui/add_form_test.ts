/** The form for a job does not choose a kind for the person. */
import assert from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { h } from "preact";
import { AddPage, EMPTY_FORM } from "../../ui/manager/add_job.tsx";

function kindField(kinds: readonly string[], kind = ""): string {
  const html = renderToString(
    h(AddPage, { form: { ...EMPTY_FORM, kind }, kinds, parkedKinds: [], error: null }),
  );
  return /<select[^>]*>.*?<\/select>/.exec(html)?.[0] ?? "";
}

Deno.test("a form for one of several kinds starts with none of them, and must be told one", () => {
  const field = kindField(["archive", "mail"]);
  assert.match(field, /^<select[^>]* required/);
  assert.match(field, /<option value selected>Choose a kind<\/option>/);
  assert.match(kindField(["archive", "mail"], "mail"), /<option value="mail" selected>/);
});

Deno.test("where there is only one kind, the form has chosen it", () => {
  assert.doesNotMatch(kindField(["file"]), /Choose a kind/);
});
