/** Adds jobs through the ports of a running system until it no longer responds, and notes what was acknowledged. */
import type { Ledger } from "../../support/system/ledger.ts";
import type { RunningSystem } from "../../support/processes/running_system.ts";

export async function loadUntilStop(
  system: RunningSystem,
  { ledger, name }: { ledger: Ledger; name: string },
): Promise<void> {
  await Deno.mkdir(`${system.folder}/data/files`, { recursive: true });
  for (let n = 0;; n++) {
    const ids = Array.from({ length: 3 }, (_, i) => `data/files/${name}-${n}-${i}.txt`);
    // The last one has no file: it is tried again, and given up.
    for (const id of ids.slice(0, 2)) Deno.writeTextFileSync(`${system.folder}/${id}`, "");
    try {
      const response = await system.api("jobs", ids.map((id) => ({ id })));
      if (response.status === 201) { for (const id of ids) ledger.note(`added ${id}`); }
      await response.body?.cancel();
    } catch {
      // It has stopped, perhaps in the middle of a response.
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
