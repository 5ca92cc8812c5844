/** Asks to be called again until the time that the payload tells. */
import { type HandlerJob, RetryLater } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob): void {
  if (Date.now() < Number(payload)) throw new RetryLater(30);
}
