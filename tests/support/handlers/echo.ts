/** Returns its payload. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob): unknown {
  return payload;
}
