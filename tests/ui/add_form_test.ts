/** The form for a job does not choose a kind for the person. */
import assert from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { h } from "preact";
import { openPages } from "./open_pages.ts";
import { AddPage, EMPTY_FORM } from "../../ui/manager/add_page.tsx";

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

Deno.test("the form for an id of a finished job does not advise what it cannot do: it can replace that job, and leads to it", async () => {
  await using pages = await openPages();
  const headers = { cookie: await pages.logIn() };
  const send = (fields: Record<string, string>) =>
    pages.ask("/add", { method: "POST", headers, body: new URLSearchParams({ kind: "mail", ...fields }) });
  await pages.queue.add([{ id: "a b", kind: "mail" }]);
  await pages.queue.move("cancel", ["a b"], "a test");
  const refused = await send({ id: "a b", payload: "[2]" });
  assert.equal(refused.status, 409);
  const html = await refused.text();
  assert.match(html, /exists already and is CANCELED/);
  assert.doesNotMatch(html, /ask for/);
  assert.match(html, /<input type="checkbox" name="replace"/);
  assert.match(html, /href="\/job\?id=a\+b"/);
  const replaced = await send({ id: "a b", payload: "[2]", replace: "1" });
  await replaced.body?.cancel();
  assert.equal(replaced.status, 303);
  const { job } = await pages.queue.get("a b");
  assert.deepEqual([job.status, job.payload], ["PENDING", "[2]"]);
});
