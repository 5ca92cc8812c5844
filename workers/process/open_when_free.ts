/** A start whose storage is away at the moment: it says so, and waits. */
import { assertPassing, sleep, StorageError } from "@persistent-queue/queue";
import type { Log } from "../log.ts";

const AGAIN_MS = 1_000;
const SLOW_MS = 2_000;
const SLOW = "The queue takes long to open, as an upgrade of a large one does.";

interface Waiting {
  readonly log: Pick<Log, "warn">;
  /**
   * Told why, at each try, in a sentence that strangers may read. The terminal is told when this resolves, and once where
   * the pages are: what it resolves with, unless that is empty.
   */
  readonly onWait: (why: string) => Promise<string>;
  /** An earlier process worked with the same settings: a password that is being changed on the server is no reason to end. */
  readonly wasIn: boolean;
}

/**
 * What `open` returns, once another program's transaction no longer locks the database, or the server is there.
 * @throws what `open` throws, unless it may pass by itself
 */
export async function openWhenFree<Queue>(
  open: () => Promise<Queue>,
  { log, onWait, wasIn }: Waiting,
): Promise<Queue> {
  let told = "";
  let toldOfPages = "";
  const tell = async (message: string, publicMessage: string) => {
    const pages = await onWait(publicMessage);
    if (message !== told) {
      console.error(`${message} The start waits for that.`);
      log.warn(message);
    }
    if (pages !== toldOfPages) console.error(pages);
    [told, toldOfPages] = [message, pages];
  };
  for (;;) {
    const opening = open();
    if (told === "" && await isSlow(opening)) await tell(SLOW, SLOW);
    try {
      return await opening;
    } catch (error) {
      if (!(error instanceof StorageError && wasIn && error.refused)) assertPassing(error);
      await tell(error.message, error.publicMessage);
    }
    await sleep(AGAIN_MS);
  }
}

async function isSlow(work: Promise<unknown>): Promise<boolean> {
  const slow = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => slow.resolve(true), SLOW_MS);
  const over = work.then(() => false, () => false);
  return await Promise.race([slow.promise, over]).finally(() => clearTimeout(timer));
}
