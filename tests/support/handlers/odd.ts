/** Ends in a way that nobody expects of a handler; the payload says in which. */
import { type HandlerContext, type HandlerJob, RetryLater } from "@persistent-queue/workers";

export const deadlineMs = 60_000;

export function handler({ payload }: HandlerJob, { attempt, log }: HandlerContext): unknown {
  switch (payload) {
    case "message-object":
      throw Object.assign(new Error(), { message: { code: 42 } });
    case "no-prototype":
      throw Object.create(null);
    case "big-integer":
      return { n: 1n };
    case "jitter": {
      if (seen.has(attempt)) return "done";
      seen.add(attempt);
      throw new RetryLater(20.5);
    }
    default:
      log(`ran ${payload}`);
  }
}

const seen = new Set<number>();
