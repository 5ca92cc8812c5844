/**
 * A throttle for all hosts of a queue: each tells the others of the failures that it has seen, and counts theirs as its own,
 * so that a guesser gains nothing by guessing everywhere. What is lost on the way costs the guesser nothing, once.
 */
import type { SharedByHosts } from "@persistent-queue/queue";
import { fieldsIn } from "./fields_in.ts";
import { type Guesser, Throttle, type ThrottleOptions } from "./throttle.ts";

/** A flood of failures is slowed down on each host by itself: the others need not know it to the last. */
const MOST_TOLD_A_SECOND = 50;
const LONGEST_NAME = 100;

export interface SharedThrottleOptions extends Omit<ThrottleOptions, "onFailure"> {
  /** Null: there is one host. */
  readonly shared: Pick<SharedByHosts, "tell" | "hear"> | null;
}

/** It hears the others for as long as the queue is open. `name` tells it from the other throttles of a host. */
export function sharedThrottle(name: string, { shared, ...options }: SharedThrottleOptions): Throttle {
  if (shared === null) return new Throttle(options);
  const isAllowed = fewASecond(MOST_TOLD_A_SECOND);
  const throttle = new Throttle({
    ...options,
    onFailure(from) {
      // At most once: while the server is away, each host counts alone.
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

/** Null: it tells of something else. Who may write to the server may tell anything. */
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

function fewASecond(most: number): () => boolean {
  let [since, count] = [-Infinity, 0];
  return () => {
    const now = performance.now();
    if (now - since >= 1_000) [since, count] = [now, 0];
    count += 1;
    return count <= most;
  };
}
