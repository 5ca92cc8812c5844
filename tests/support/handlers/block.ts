/** Computes for as many milliseconds as the payload says, without letting anything else run in its thread. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob): void {
  const until = performance.now() + Number(payload);
  while (performance.now() < until);
}
