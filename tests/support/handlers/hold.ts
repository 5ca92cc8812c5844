/** Occupies its consumer until its process dies, while the lease is below that of the payload; then succeeds at once. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ lease, payload }: HandlerJob): Promise<never> | string {
  return lease < Number(payload) ? new Promise(() => {}) : "done at last";
}
