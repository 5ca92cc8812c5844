/// <reference lib="deno.worker" />
/**
 * Loads every handler once, in its own thread, and reports what is wrong with each. Whatever a module does while it
 * loads cannot harm a job: the thread is ended if loading takes too long, or more memory than a consumer may.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Handlers } from "./handlers.ts";
import type { Close, StartProbe } from "./protocol.ts";
import { reportOf } from "./thread/error_report.ts";
import { fence } from "./thread/fences.ts";
import { Memory } from "./thread/memory.ts";
import { clock, holdLivenessLock, openChannel } from "./thread/runtime.ts";

const { start, tell, listen } = await openChannel<StartProbe, Close>();
const close = globalThis.close.bind(globalThis);
const memory = new Memory(start.memoryMb);

/** A module that waits at its top level does not delay those after it. */
const PATIENCE_MS = 500;

/** The kind whose code is running, as far as that can be known. */
const kindOf = new AsyncLocalStorage<string>();

/** By the timers of the runtime: a module may replace the global ones while it loads. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

async function load(kind: string): Promise<void> {
  tell({ type: "loading", kind });
  try {
    await kindOf.run(kind, () => handlers.load(kind));
    // A promise that the module does not await is rejected before the next module begins to load.
    await pause(0);
    if (hasMemory()) tell({ type: "loaded", kind, problem: null });
  } catch (error) {
    tell({ type: "loaded", kind, problem: reportOf(error, { isDeliberate: true }).error });
  }
}

/** False: a consumer would be ended here. V8 may only have stopped what was running, and the thread goes on without it. */
function hasMemory(): boolean {
  const { problem } = memory.look();
  if (problem !== null) tell({ type: "unusable", why: problem, guilty: null });
  return problem === null;
}

/** Shows that the thread does not compute, as a consumer's does. */
function beat(): void {
  clock.after(start.heartbeatMs, () => {
    if (!hasMemory()) return;
    tell({ type: "beat" });
    beat();
  });
}

/** An uncaught error would end the thread, and the module being loaded would be blamed. */
function tellFailure(event: ErrorEvent | PromiseRejectionEvent): void {
  event.preventDefault();
  // A timer loses its context before its error is reported, so the kind may be unknown; the stack says whose it is.
  const kind = event.type === "error" ? undefined : kindOf.getStore();
  const subject = kind === undefined ? "A handler file" : `The handler file ${kind}.ts`;
  const { error } = reportOf("reason" in event ? event.reason : event.error);
  tell({
    type: "warning",
    text: `${subject} starts something while it loads that fails: ${error.replaceAll(/\s*\n\s*/g, " ")}`,
  });
}

await holdLivenessLock();
globalThis.addEventListener("error", tellFailure);
globalThis.addEventListener("unhandledrejection", tellFailure);
listen(close);
fence();
tell({ type: "ready" });
beat();
const handlers = new Handlers(new URL(start.handlers));
for (const kind of start.kinds) {
  await Promise.race([load(kind), pause(PATIENCE_MS)]);
}
tell({ type: "tried" });
