/// <reference lib="deno.worker" />
/**
 * Loads every handler once, in a thread of its own, and says what is wrong with each. What a module does while it loads
 * hurts nobody here: the thread is ended when it takes too long.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Handlers } from "./handlers.ts";
import type { Close, StartProbe } from "./protocol.ts";
import { openChannel } from "./thread/channel.ts";
import { reportOf } from "./thread/error_report.ts";
import { fence } from "./thread/fences.ts";
import { holdLifeLock } from "./thread/life_lock.ts";

const { start, tell, listen } = await openChannel<StartProbe, Close>();
const close = globalThis.close.bind(globalThis);

/** A module that waits at its top level does not hold up those behind it. */
const PATIENCE_MS = 500;

/** Whose code runs, as far as that can be told. */
const kindOf = new AsyncLocalStorage<string>();

async function load(kind: string): Promise<void> {
  tell({ type: "loading", kind });
  try {
    await kindOf.run(kind, () => handlers.load(kind));
    // What nobody waits for in it fails before the next one begins.
    await new Promise((resolve) => setTimeout(resolve));
    tell({ type: "loaded", kind, problem: null });
  } catch (error) {
    tell({ type: "loaded", kind, problem: reportOf(error, { isDeliberate: true }).error });
  }
}

/** It would end the thread, and the module that is being loaded would be taken for the one to blame. */
function tellFailure(event: ErrorEvent | PromiseRejectionEvent): void {
  event.preventDefault();
  // A timer loses its context before its error is told; the place in its stack says whose it is.
  const kind = event.type === "error" ? undefined : kindOf.getStore();
  const subject = kind === undefined ? "A handler file" : `The handler file ${kind}.ts`;
  const { error } = reportOf("reason" in event ? event.reason : event.error);
  tell({
    type: "warning",
    text: `${subject} begins something when it is loaded that fails: ${error.replaceAll(/\s*\n\s*/g, " ")}`,
  });
}

await holdLifeLock();
globalThis.addEventListener("error", tellFailure);
globalThis.addEventListener("unhandledrejection", tellFailure);
listen(close);
fence();
tell({ type: "ready" });
const handlers = new Handlers(new URL(start.handlers));
for (const kind of start.kinds) {
  await Promise.race([load(kind), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}
tell({ type: "tried" });
