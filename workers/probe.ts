/// <reference lib="deno.worker" />
/**
 * Loads every handler once, in a thread of its own, and says what is wrong with each. What a module does while it loads
 * hurts nobody here: the thread is ended when it takes too long.
 */
import { parentPort, workerData } from "node:worker_threads";
import { Handlers } from "./handlers.ts";
import type { Probe, ProbeMessage } from "./places/handler_check.ts";
import { reportOf } from "./thread/error_report.ts";

function tell(message: ProbeMessage): void {
  parentPort?.postMessage(message);
}

/** A module that waits at its top level does not hold up those behind it. */
const PATIENCE_MS = 500;

async function load(kind: string): Promise<void> {
  tell({ kind, state: "loading" });
  try {
    await handlers.load(kind);
    tell({ kind, state: "sound" });
  } catch (error) {
    tell({ kind, state: "broken", why: reportOf(error, { isDeliberate: true }).error });
  }
}

const { folder, kinds } = workerData as Probe;
const handlers = new Handlers(new URL(folder));
for (const kind of kinds) {
  await Promise.race([load(kind), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}
tell({ state: "tried" });
