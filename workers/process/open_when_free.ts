/** A start whose storage is away at the moment: it says so, and waits. */
import { assertPassing, sleep } from "@persistent-queue/queue";
import type { Log } from "../log.ts";

const AGAIN_MS = 1_000;

interface Waiting {
  readonly log: Log;
  /** Told why, at each try, in a sentence that strangers may read. */
  readonly onWait: (why: string) => void;
}

/**
 * What `open` returns, once another program's transaction no longer locks the database, or the server is there.
 * @throws what `open` throws, unless it may pass by itself
 */
export async function openWhenFree<Queue>(
  open: () => Promise<Queue>,
  { log, onWait }: Waiting,
): Promise<Queue> {
  for (let told = "";;) {
    try {
      return await open();
    } catch (error) {
      assertPassing(error);
      onWait(error.publicMessage);
      if (error.message !== told) {
        console.error(`${error.message} The start waits for that.`);
        log.warn(error.message);
      }
      told = error.message;
    }
    await sleep(AGAIN_MS);
  }
}
