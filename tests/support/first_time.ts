/** Whether a handler is on this job for the first time; asked once per attempt, and true in no later one. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

/** A file remembers it: the thread that asked may die, and its process too. */
export function isFirstTime({ id }: HandlerJob, { settings }: HandlerContext): boolean {
  try {
    Deno.openSync(`${settings.filesDir}/begun-${encodeURIComponent(id)}`, { createNew: true, write: true })
      .close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
