import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { addAll, newJob } from "../conformance/stage.ts";
import { verify } from "../../queue/maintenance/verify.ts";
import { wholeLines } from "../support/system/ledger.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const JOBS = 1_000;
const PROCESSES = 2;
const CHILD = new URL("./two_processes/claiming_child.ts", import.meta.url).pathname;

Deno.test("processes that share a database run every job exactly once", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  const store = await openStore(url, "owner");
  try {
    await addAll(store, Array.from({ length: JOBS }, (_, i) => newJob(`j${i}`, { runAt: 0 })));
    const said = await workTogether(url);
    for (const lines of said) {
      assert.ok(lines.length > JOBS / 20, `each process ran a share: ${lines.length}`);
    }
    const all = said.flat();
    assert.deepEqual(all.toSorted(), Array.from({ length: JOBS }, (_, i) => `completed j${i}`).sort());
    assert.deepEqual(await verify(store, { deep: true, drained: true }), []);
  } finally {
    await store.close();
  }
});

/** The output of each process. */
async function workTogether(url: string): Promise<string[][]> {
  const children = Array.from({ length: PROCESSES }, (_, i) => {
    const args = ["run", "-A", "--no-prompt", "--no-check", CHILD, url, `c${i}`];
    return new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped", stderr: "inherit" })
      .spawn();
  });
  const lines = children.map((child) => wholeLines(child.stdout));
  for (const each of lines) assert.equal((await each.next()).value, "ready");
  await Promise.all(children.map(async ({ stdin }) => {
    const writer = stdin.getWriter();
    await writer.write(new Uint8Array(1));
    await writer.close();
  }));
  const said = await Promise.all(lines.map((each) => Array.fromAsync(each)));
  for (const child of children) assert.equal((await child.status).code, 0);
  return said;
}
