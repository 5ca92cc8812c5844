/** Ends in a way that nothing expects of a handler; the payload names it. */
import { type HandlerContext, type HandlerJob, RetryLater } from "@persistent-queue/workers";

export const deadlineMs = 60_000;

export function handler({ payload }: HandlerJob, { attempt, log }: HandlerContext): unknown {
  switch (payload) {
    case "message-object":
      throw Object.assign(new Error(), { message: { code: 42 } });
    case "no-prototype":
      throw Object.create(null);
    case "revoked-proxy":
      throw revoked();
    case "trapping-proxy":
      return Promise.reject(new Proxy({}, TRAPS));
    case "logged-proxies":
      log(revoked(), new Proxy({}, TRAPS), {
        get value() {
          return trap();
        },
      });
      throw revoked();
    case "proxies-inside":
      throw Object.assign(new AggregateError([]), { errors: revoked(), cause: new Proxy({}, TRAPS) });
    case "later-trapped":
      throw Object.defineProperty(new RetryLater(1), "delayMs", { get: trap });
    case "patched-texts":
      String.prototype.replaceAll = String.prototype.slice = trap;
      throw new Error("cannot be told");
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

function trap(): never {
  throw new Error("trapped");
}

const TRAPS = {
  get: trap,
  getPrototypeOf: trap,
  has: trap,
  ownKeys: trap,
  getOwnPropertyDescriptor: trap,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
