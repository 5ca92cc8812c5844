/** Whether this is the first attempt of a job; asked once per attempt. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

/** Remembered in a file, with a byte for each attempt: the thread that asked may die, and its process too. */
export function isFirstTime({ id }: HandlerJob, { settings }: HandlerContext): boolean {
  using file = Deno.openSync(mark(settings.filesDir, id), { create: true, append: true });
  file.writeSync(Uint8Array.of(0));
  return file.statSync().size === 1;
}

/** Whether handlers have asked this many times: a thread has a job a moment before its handler runs. */
export function hasBegun(filesDir: string, id: string, attempts = 1): boolean {
  try {
    return Deno.statSync(mark(filesDir, id)).size >= attempts;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function mark(filesDir: string, id: string): string {
  return `${filesDir}/begun-${encodeURIComponent(id)}`;
}
