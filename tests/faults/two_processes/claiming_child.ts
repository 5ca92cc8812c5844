/** One of several processes that share a store: runs waiting jobs, and prints which. `claiming_child.ts <url> <name>` */
import { openStore } from "@persistent-queue/queue";

const [url = "", consumerId = ""] = Deno.args;
const store = await openStore(url, "guest");
console.log("ready");
// The parent gives the signal, so that all begin together.
await Deno.stdin.read(new Uint8Array(1));
for (;;) {
  const { claimed } = await store.claim([{ consumerId, limit: 3, suspect: false }]);
  if (claimed.length === 0) break;
  const at = Date.now();
  const settled = await store.settle(
    claimed.map(({ seq, lease }) => ({ seq, lease, at, verb: "complete", result: null })),
  );
  for (const [i, { id }] of claimed.entries()) console.log(`${settled[i] ? "completed" : "lost"} ${id}`);
  // SQLite has no fair queue for its lock: a process that retries at once would keep the others out.
  await new Promise((resolve) => setTimeout(resolve, 1));
}
await store.close();
