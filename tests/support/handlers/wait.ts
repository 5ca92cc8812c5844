/** Waits for its signal, or for as long as the payload says. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob, { signal }: HandlerContext): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("waited"), Number(payload));
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
