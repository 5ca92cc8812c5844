/** A database with a past: jobs that ended long ago, jobs that wait, and jobs that a dead process had in flight. */
import { getQueue } from "@persistent-queue/queue";
import type { Ledger } from "./ledger.ts";
import { type TempFolder, tempFolder } from "../temp_folder.ts";
import { KINDS } from "./threadless_system.ts";

const LONG_AGO = Date.UTC(2020, 0, 1);

export interface BegunDatabase extends AsyncDisposable {
  /** A copy in a folder of its own; what was acknowledged is noted in the ledger. */
  begin(ledger: Ledger): Promise<TempFolder>;
}

export async function begunDatabase(): Promise<BegunDatabase> {
  const folder = await tempFolder();
  const queue = await getQueue(`sqlite:${folder.file("queue.db")}`, {
    ...{ role: "owner", kinds: KINDS, now: () => LONG_AGO },
  });
  await queue.recover();
  await queue.add(["old1", "old2", "old3"].map((id) => ({ id, kind: "noop" })));
  const old = await queue.claim([{ consumerId: "of long ago", limit: 3, suspect: false }]);
  await queue.settle(old.claimed.map((job) => ({ job, outcome: { type: "returned", result: null } })));
  const kept = ["held1", "held2", "waiting1", "waiting2"];
  await queue.add(kept.map((id) => ({ id, kind: "noop" })));
  await queue.claim([{ consumerId: "of long ago", limit: 2, suspect: false }]);
  // The copy still has the row of this process: to its next owner, the process has died.
  const begun = folder.file("begun.db");
  await queue.backup(begun);
  await queue.close();
  return {
    begin: async (ledger) => {
      const copy = await tempFolder();
      // The reserve is linked: writing it again for each try would be most of the work.
      await Deno.copyFile(begun, copy.file("queue.db"));
      await Deno.link(folder.file("queue.db.reserve"), copy.file("queue.db.reserve"));
      for (const id of kept) ledger.note(`added ${id}`);
      return copy;
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
