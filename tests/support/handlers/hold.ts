/** Holds its consumer until its process dies, under every lease below the one of the payload; then it is done at once. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ lease, payload }: HandlerJob): Promise<never> | string {
  return lease < Number(payload) ? new Promise(() => {}) : "done at last";
}
