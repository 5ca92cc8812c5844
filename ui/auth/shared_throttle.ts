/**
 * A throttle shared by all hosts of a queue: each tells the others about the failures it sees, and counts theirs as its
 * own, so that guessing on several hosts gains nothing. If a message is lost, one guess goes uncounted on the other hosts.
 */
import { fieldsIn, type SharedByHosts } from "@persistent-queue/queue";
import { type Guesser, Throttle, type ThrottleOptions } from "./throttle.ts";

/** Each host slows down a flood of failures by itself, so the others need not hear of every one. */
const MAX_REPORTS_PER_SECOND = 50;
const LONGEST_NAME = 100;

export interface SharedThrottleOptions extends Omit<ThrottleOptions, "onFailure"> {
  /** Null: there is one host. */
  readonly shared: Pick<SharedByHosts, "tell" | "hear"> | null;
}

/** It listens to the other hosts while the queue is open. `name` distinguishes it from a host's other throttles. */
export function sharedThrottle(name: string, { shared, ...options }: SharedThrottleOptions): Throttle {
  if (shared === null) return new Throttle(options);
  const isAllowed = rateLimit(MAX_REPORTS_PER_SECOND);
  const throttle = new Throttle({
    ...options,
    onFailure(from) {
      // Best effort: while the server is down, each host counts alone.
      if (isAllowed()) shared.tell(textOf(name, from)).catch(() => {});
    },
  });
  shared.hear((text) => {
    const from = guesserIn(text, name);
    if (from !== null) throttle.count(from);
  });
  return throttle;
}

function textOf(name: string, { address, claimedAddress = null, device = null }: Guesser): string {
  return JSON.stringify({ type: "login-failed", throttle: name, address, claimedAddress, device });
}

/** Null: it is another message. The text is untrusted: anything with write access to the server may send any text. */
function guesserIn(text: string, name: string): Guesser | null {
  const { type, throttle, address, claimedAddress, device } = fieldsIn(text);
  if (type !== "login-failed" || throttle !== name || !isName(address)) return null;
  if (![claimedAddress, device].every((one) => one === null || isName(one))) return null;
  return {
    address,
    claimedAddress: isName(claimedAddress) ? claimedAddress : null,
    device: isName(device) ? device : null,
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= LONGEST_NAME;
}

function rateLimit(most: number): () => boolean {
  let [since, count] = [-Infinity, 0];
  return () => {
    const now = performance.now();
    if (now - since >= 1_000) [since, count] = [now, 0];
    count += 1;
    return count <= most;
  };
}
