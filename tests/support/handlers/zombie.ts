/**
 * The first time it is as good as dead until the file `wake` appears, and then ends as if nothing had happened, as `end`
 * says. The second time it works until the file `finish` appears.
 */
import { GiveUp, type HandlerContext, type HandlerJob, RetryLater } from "@persistent-queue/workers";
import { isFirstTime } from "../system/first_time.ts";

export interface ZombieTask {
  readonly wake: string;
  readonly finish: string;
  readonly end: "return" | "give up" | "throw" | "ask for later";
  /** It runs until its signal says that the job is no longer its own, and still ends in that way. */
  readonly untilTold: boolean;
}

export async function handler(job: HandlerJob, context: HandlerContext): Promise<string> {
  const { wake, finish, end, untilTold } = job.payload as ZombieTask;
  if (isFirstTime(job, context)) {
    blockUntilThereIs(wake);
    if (untilTold) await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    return endLate(end);
  }
  while (!isThere(finish)) await new Promise((resolve) => setTimeout(resolve, 5));
  return "done by another";
}

function endLate(end: ZombieTask["end"]): string {
  switch (end) {
    case "return":
      return "done late";
    case "give up":
      throw new GiveUp("given up late");
    case "throw":
      throw new Error("failed late");
    case "ask for later":
      throw new RetryLater(0, "postponed late");
  }
}

/** Blocks its thread, so no heartbeat is sent. */
function blockUntilThereIs(path: string): void {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!isThere(path)) Atomics.wait(nothing, 0, 0, 5);
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
