/** Takes longer than its deadline. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

export const deadlineMs = 30;

export function handler(_job: HandlerJob, { signal }: HandlerContext): Promise<void> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}
