/** Answers what it was given. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob): unknown {
  return payload;
}
