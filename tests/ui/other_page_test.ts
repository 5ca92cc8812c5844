import assert from "node:assert/strict";
import { otherPage } from "../../ui/other_page.ts";

function from(host: string, port: number | undefined = 8502): string | null {
  return otherPage(new Request("http://127.0.0.1:8501/", { headers: { host } }), port);
}

Deno.test("the way to the other page keeps the name by which the visitor came", () => {
  assert.equal(from("localhost:8501"), "http://localhost:8502");
  assert.equal(from("127.0.0.1:8501"), "http://127.0.0.1:8502");
  assert.equal(from("[::1]:8501"), "http://[::1]:8502");
});

Deno.test("behind a proxy, or where nobody says the port, no way is guessed", () => {
  assert.equal(from("queue.example"), null);
  assert.equal(from("[::1]"), null);
  assert.equal(otherPage(new Request("http://127.0.0.1:8501/"), undefined), null);
});
