/**
 * Calls the file handler for each id, in the folder where it is started, and prints the outcome of each; with `on` again
 * and again, until the file `stop` exists. `deno run -A handle_files.ts <FILES_DIR> <once|on> <ids as JSON>`
 */
import { resolve } from "node:path";
import { GiveUp } from "@persistent-queue/workers";
import { handler } from "../../workers/handlers/file.ts";

const [filesDir = "", how = "once", ids = "[]"] = Deno.args;
const settings = { filesDir: resolve(filesDir), startDir: Deno.cwd(), workMs: 0, severalHosts: false };
const { signal } = new AbortController();
/** Each outcome of each id, once. */
const told = new Map<string, [id: string, outcome: string]>();

do {
  for (const id of JSON.parse(ids) as string[]) {
    const outcome = await outcomeOf(id);
    told.set(`${id} ${outcome}`, [id, outcome]);
  }
  if (how === "on" && told.size === 1) Deno.writeTextFileSync(`${filesDir}/started`, "");
} while (how === "on" && !isThere(`${filesDir}/stop`));
console.log(JSON.stringify([...told.values()]));

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function outcomeOf(id: string): Promise<string> {
  const job = { id, kind: "file", payload: null, lease: 1, consumerId: "tester" };
  try {
    await handler(job, { signal, attempt: 1, log: () => {}, settings });
    return "done";
  } catch (error) {
    return error instanceof GiveUp ? `gave up: ${error.message}` : `failed: ${error}`;
  }
}
