/** A start whose storage is away at the moment: it says so, and waits. */
import { sleep, StorageError } from "@persistent-queue/queue";
import type { Log } from "../log.ts";

const AGAIN_MS = 1_000;

interface Waiting {
  readonly log: Log;
  /** Resolves when the process that started this one has ended. */
  readonly guardIsGone: Promise<void>;
}

/**
 * What `open` returns, once another program's transaction no longer locks the database, or the server is back; null if the guard
 * ends meanwhile. @throws what `open` throws, unless it may pass by itself
 */
export async function openWhenFree<Queue>(
  open: () => Promise<Queue>,
  { log, guardIsGone }: Waiting,
): Promise<Queue | null> {
  const isOver = guardIsGone.then(() => true);
  for (let isFirst = true;; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StorageError && error.passing)) throw error;
      if (isFirst) console.error(`${error.message} The start waits for that.`);
      log.warn(error.message);
    }
    if (await Promise.race([isOver, sleep(AGAIN_MS).then(() => false)])) return null;
  }
}
