/**
 * What the pages need of the running system, and may ask of it. `main.ts` passes an implementation in: this folder
 * never sees the workers'.
 */
import type { SystemView } from "@persistent-queue/queue";

export interface System {
  view(): SystemView;
  /** Looks for stalled jobs now. Returns how many jobs went back to the queue. @throws {StorageError} */
  sweep(): Promise<number>;
  /**
   * Makes the thread of this consumer die, or spin for ever, to show how the system recovers. `by` names the requester.
   * False = no such consumer.
   */
  injectFault(consumerId: string, how: "crash" | "hang", by: string): boolean;
}
