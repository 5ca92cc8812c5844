/** What both pages say while the start waits for the storage. */
import assert from "node:assert/strict";
import { waitingApp } from "../../ui/waiting_app.tsx";

const WHY = "The database is in use.";

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const app = waitingApp({ host: "127.0.0.1", passwordIsDefault: false }, () => WHY);
  const remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 50_000 } as const;
  return await app.fetch(new Request(`http://127.0.0.1:8501${path}`, init), { remoteAddr });
}

Deno.test("a page that waits for the start reloads by itself", async () => {
  for (const method of ["GET", "HEAD"]) {
    const response = await ask("/job?id=a", { method });
    assert.deepEqual([response.status, response.headers.get("refresh")], [503, "3"]);
    const text = await response.text();
    if (method === "GET") assert.match(text, /The database is in use\. .* this page reloads by itself\./);
  }
});

Deno.test("a form sent while the start waits is not sent again every three seconds: it was not done", async () => {
  const response = await ask("/cancel", { method: "POST", body: new URLSearchParams({ id: "a" }) });
  assert.deepEqual([response.status, response.headers.get("refresh")], [503, null]);
  const text = await response.text();
  assert.match(text, /The database is in use\. .* what you sent was not done\./);
  assert.match(text, /<a href="\/">Back to the start<\/a>/);
});
