/** Asks to be called later, in the way that the payload names. */
import { type HandlerJob, RetryLater } from "@persistent-queue/workers";

const VALUES: Readonly<Record<string, unknown>> = {
  "a date": new Date(),
  "a big integer": 10n,
  "not a number": NaN,
};

export function handler({ payload }: HandlerJob): never {
  if (payload === "changed afterwards") throw Object.assign(new RetryLater(1), { delayMs: "60" });
  const delayMs = typeof payload === "string" && payload in VALUES ? VALUES[payload] : payload;
  throw new RetryLater(delayMs as number);
}
