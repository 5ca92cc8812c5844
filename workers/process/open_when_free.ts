/** A start whose storage is unavailable: it says so, and waits. */
import { assertPassing, sleep, StorageError } from "@persistent-queue/queue";
import type { Log } from "../log.ts";

const RETRY_MS = 1_000;
const SLOW_MS = 2_000;
const SLOW = "The queue takes a long time to open, as when a large one is upgraded.";

interface Waiting {
  readonly log: Pick<Log, "warn">;
  /**
   * Called at each try with the reason, in a sentence that strangers may read. Once it resolves, the terminal gets the
   * reason and the result, which says where the pages are, each only when it changes.
   */
  readonly onWait: (why: string) => Promise<string>;
  /** An earlier process worked with these settings, so a refused login may be a password change: no reason to end. */
  readonly isRestart: boolean;
}

/** What `open` may call with a sentence: another supervisor has the queue to itself. */
type OnHeld = (why: string) => void;

/**
 * Returns what `open` returns, once no other program locks the database, or the server is reachable.
 * @throws what `open` throws, unless it may go away by itself
 */
export async function openWhenFree<Queue>(
  open: (onHeld: OnHeld) => Promise<Queue>,
  { log, onWait, isRestart }: Waiting,
): Promise<Queue> {
  let printed = "";
  let printedPages = "";
  const tell = async (message: string, publicMessage: string) => {
    const pages = await onWait(publicMessage);
    if (message !== printed) {
      console.error(`${message} The start waits for that.`);
      log.warn(message);
    }
    if (pages !== printedPages) console.error(pages);
    [printed, printedPages] = [message, pages];
  };
  // The terminal gets only the reason: the pages of that supervisor are up, and this start most likely ends.
  let isHeld = false;
  const onHeld = (why: string) => {
    if (!isHeld && printed === "") console.error(`${why} The start waits a few seconds for that one to end.`);
    isHeld = true;
  };
  for (;;) {
    const opening = open(onHeld);
    if (printed === "" && await isSlow(opening) && !isHeld) await tell(SLOW, SLOW);
    try {
      return await opening;
    } catch (error) {
      if (!(error instanceof StorageError && isRestart && error.refused)) assertPassing(error);
      await tell(error.message, error.publicMessage);
      await sleep(error.pauseMs ?? RETRY_MS);
    }
  }
}

async function isSlow(work: Promise<unknown>): Promise<boolean> {
  const slow = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => slow.resolve(true), SLOW_MS);
  const over = work.then(() => false, () => false);
  return await Promise.race([slow.promise, over]).finally(() => clearTimeout(timer));
}
