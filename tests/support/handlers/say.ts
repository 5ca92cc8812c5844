/** Emits what the payload holds, in the way that it names: to the log, as its result, as an error of some kind. */
import { GiveUp, type HandlerContext, type HandlerJob, RetryLater } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob, { log }: HandlerContext): unknown {
  const { how, text } = payload as { how: string; text: string };
  switch (how) {
    case "log":
      return log(text);
    case "result":
      return text;
    case "give-up":
      throw new GiveUp(text);
    case "later":
      throw new RetryLater(3_600_000, text);
    case "throw-outside":
      setTimeout(() => {
        throw new Error(text);
      });
      return new Promise(() => {});
    case "reject-outside":
      Promise.reject(text);
      return new Promise(() => {});
    default:
      throw new Error(text);
  }
}
