import assert from "node:assert/strict";
import { pages } from "../../queue/inspecting/pages.ts";

const NEXT: Readonly<Record<string, string | null>> = { first: "second", second: "third", third: null };

function list({ cursor = "first" }: { readonly cursor?: string }) {
  return Promise.resolve({ name: cursor, next: NEXT[cursor] ?? null });
}

Deno.test("every page comes once, and the last one ends the walk", async () => {
  const walked = await Array.fromAsync(pages(list), ({ name }) => name);
  assert.deepEqual(walked, ["first", "second", "third"]);
});

Deno.test("once the signal fires, no further page is requested", async () => {
  const stop = new AbortController();
  const walked: string[] = [];
  for await (const { name } of pages(list, stop.signal)) {
    walked.push(name);
    if (name === "second") stop.abort();
  }
  assert.deepEqual(walked, ["first", "second"]);
  assert.deepEqual(await Array.fromAsync(pages(list, stop.signal)), []);
});
