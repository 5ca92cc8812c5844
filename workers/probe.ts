/// <reference lib="deno.worker" />
/**
 * Loads every handler once, in a thread of its own, and says what is wrong with each. What a module does while it loads
 * hurts nobody here: the thread is ended when it takes too long.
 */
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

async function load(kind: string): Promise<void> {
  tell({ type: "loading", kind });
  try {
    await handlers.load(kind);
    tell({ type: "loaded", kind, problem: null });
  } catch (error) {
    tell({ type: "loaded", kind, problem: reportOf(error, { isDeliberate: true }).error });
  }
}

await holdLifeLock();
listen(close);
fence();
tell({ type: "ready" });
const handlers = new Handlers(new URL(start.handlers));
for (const kind of start.kinds) {
  await Promise.race([load(kind), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}
tell({ type: "tried" });
