/** A start whose storage is away at the moment: it says so, and waits. */
import { assertPassing, sleep, StorageError } from "@persistent-queue/queue";
import type { Log } from "../log.ts";

const AGAIN_MS = 1_000;

interface Waiting {
  readonly log: Pick<Log, "warn">;
  /** Told why, at each try, in a sentence that strangers may read. The terminal is told when this resolves. */
  readonly onWait: (why: string) => Promise<void>;
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
  for (let told = "";;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof StorageError && wasIn && error.refused)) assertPassing(error);
      await onWait(error.publicMessage);
      if (error.message !== told) {
        console.error(`${error.message} The start waits for that.`);
        log.warn(error.message);
      }
      told = error.message;
    }
    await sleep(AGAIN_MS);
  }
}
