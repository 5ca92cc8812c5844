/**
 * Calls the handler of files for each id, one after the other, in the folder where it is started, and prints what came
 * of each. `deno run -A handle_files.ts <FILES_DIR> <how often each> <ids as JSON>`
 */
import { GiveUp } from "@persistent-queue/workers";
import { handler } from "../../workers/handlers/file.ts";

const [filesDir = "", times = "1", ids = "[]"] = Deno.args;
const settings = { filesDir, workMs: 0 };
const { signal } = new AbortController();
const told: [id: string, outcome: string][] = [];

console.log("ready");
for (const id of JSON.parse(ids) as string[]) {
  for (let i = 0; i < Number(times); i++) told.push([id, await outcomeOf(id)]);
}
console.log(JSON.stringify(told));

async function outcomeOf(id: string): Promise<string> {
  const job = { id, kind: "file", payload: null, lease: 1, consumerId: "tester" };
  try {
    await handler(job, { signal, attempt: 1, log: () => {}, settings });
    return "done";
  } catch (error) {
    return error instanceof GiveUp ? `gave up: ${error.message}` : `failed: ${error}`;
  }
}
