/** Whether a handler is on this job for the first time; asked once per attempt, and true in no later one. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

/** A file remembers it: the thread that asked may die, and its process too. */
export function isFirstTime({ id }: HandlerJob, { settings }: HandlerContext): boolean {
  try {
    Deno.openSync(mark(settings.filesDir, id), { createNew: true, write: true }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Whether a handler has asked: a thread has a job a moment before its handler runs. */
export function hasBegun(filesDir: string, id: string): boolean {
  try {
    return Deno.statSync(mark(filesDir, id)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function mark(filesDir: string, id: string): string {
  return `${filesDir}/begun-${encodeURIComponent(id)}`;
}
