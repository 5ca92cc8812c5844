/**
 * A process that runs a scenario on a queue, from its opening to a copy and a clean stop, and dies at a failpoint. It
 * prints a line for each acknowledgement. `child.ts <folder> <life> <failpoint, as JSON>`
 */
import { dieAt } from "./failpoint.ts";
import { writeEverything } from "../../support/system/every_write.ts";
import { threadlessSystem } from "../../support/system/threadless_system.ts";

const [folder = "", life = "", failpoint = ""] = Deno.args;
const encoder = new TextEncoder();

/** Written before anything else happens, or not at all. */
function note(line: string): void {
  let bytes = encoder.encode(`${line}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

using _ = dieAt(JSON.parse(failpoint), folder);
const system = await threadlessSystem({ path: `${folder}/queue.db`, ledger: { note } });
await writeEverything(system, { ledger: { note }, name: life });
await system.drained();
await system.queue.backup(`${folder}/backup.db`, { replace: true });
await system.stop();
