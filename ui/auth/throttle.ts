/**
 * Slows down guessing: after some failures a client has to wait, longer each time, but never for good.
 *
 * Failures are counted for the client's own address and for each wider network around it, because an attacker may have
 * thousands of addresses. A wide network has honest users too, so its failures are counted in two lanes: the first failure
 * of an address in the lane for newcomers, every further one in the lane for repeat guessers. Sixty addresses that keep
 * guessing fill the second lane, while a person who logs in for the first time still gets in through the first.
 */
import { isLoopbackAddress, MINUTE_MS } from "@persistent-queue/queue";
import { networksOf } from "../http/client_address.ts";

/** The client that makes an attempt. */
export interface Guesser {
  readonly address: string;
  /**
   * If `address` is an untrusted proxy: the address that it claims to forward for, which may be a lie. It only subdivides
   * the attempts from there, and never takes any out of the count of `address`.
   */
  readonly claimedAddress?: string | null;
  /** The identity of a browser that has logged in before: only its own failures slow it down. */
  readonly device?: string | null;
}

export interface ThrottleOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many addresses, networks and devices are remembered. */
  readonly maxRemembered?: number;
  /** Receives a sentence for the log about continued guessing. */
  readonly onGuesses?: (sentence: string) => void;
  /** Receives each failure on this host, for the other hosts. */
  readonly onFailure?: (from: Guesser) => void;
}

/** What is counted together, and how many failures are free. */
interface Counter {
  readonly key: string;
  readonly freeFailures: number;
  readonly maxDelayMs: number;
}

/** A counter with two lanes. */
interface WideCounter extends Counter {
  readonly freeFirstFailures: number;
}

interface Failures {
  readonly count: number;
  readonly at: number;
  /** The time of the failure before the last. */
  readonly previousAt: number;
}

const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 15 * MINUTE_MS;
/** For one address: people mistype. */
const FREE_FAILURES = 3;
/** For all addresses that an untrusted proxy forwards for, in each lane. */
const FREE_FORWARDED = 8;
/** For a network, by its prefix length: repeat guessers, and newcomers. */
const FREE_IN_NETWORK: Readonly<Record<string, readonly [number, number]>> = {
  24: [20, 100],
  16: [100, 300],
  56: [12, 100],
  48: [48, 200],
  32: [200, 500],
};
/** For all addresses together: after these, one attempt a second in each lane. */
const ALL_CLIENTS: WideCounter = {
  key: "all addresses",
  freeFailures: 500,
  freeFirstFailures: 1_000,
  maxDelayMs: 1_000,
};

/** Continued guessing is reported once in this time, however many guesses there are. */
const REPORT_INTERVAL_MS = 60_000;

export class Throttle {
  /** Least recently counted first. */
  readonly #failures = new Map<string, Failures>();
  readonly #reportedAt = new Map<string, number>();
  readonly #options: Required<ThrottleOptions>;

  constructor(options: ThrottleOptions) {
    this.#options = { maxRemembered: 10_000, onGuesses: () => {}, onFailure: () => {}, ...options };
  }

  /**
   * Returns how long this client has to wait, in milliseconds. 0 = admitted: the attempt counts as failed until `takeBack`
   * is called, so that a hundred attempts at once gain nothing. A rejected attempt is not counted.
   */
  admit(from: string | Guesser): number {
    const now = this.#options.now();
    const guesser = guesserOf(from);
    const { key, waitMs } = this.#longestWait(guesser, now);
    if (waitMs > 0) this.#report(key, now);
    else this.count(guesser);
    return waitMs;
  }

  /** Tells the other hosts about a failure here, which `admit` has already counted. */
  fail(from: string | Guesser): void {
    this.#options.onFailure(guesserOf(from));
  }

  /** Counts a failure. */
  count(from: Guesser): void {
    const now = this.#options.now();
    for (const counter of this.#countersOf(from)) this.#count(counter, now);
  }

  /** What `admit` would return, without counting anything. */
  waitMs(from: string | Guesser): number {
    return this.#longestWait(guesserOf(from), this.#options.now()).waitMs;
  }

  /** The attempt was right, or was never checked: it costs nothing. Earlier failures still count. */
  takeBack(from: string | Guesser): void {
    const guesser = guesserOf(from);
    for (const { key } of this.#countersOf(guesser, { isNewcomer: this.failuresOf(guesser) <= 1 })) {
      const known = this.#failures.get(key);
      if (known === undefined) continue;
      const { count, previousAt } = known;
      if (count <= 1) this.#failures.delete(key);
      else this.#failures.set(key, { count: count - 1, at: previousAt, previousAt });
    }
  }

  /** How often this address, or device, has failed recently, attempts in progress included. */
  failuresOf(from: string | Guesser): number {
    return this.#remembered(ownCounter(guesserOf(from)), this.#options.now());
  }

  #countersOf(from: Guesser, { isNewcomer = this.failuresOf(from) === 0 } = {}): Counter[] {
    const wider = widerCounters(from).map(({ freeFirstFailures, ...counter }) => {
      if (!isNewcomer) return counter;
      return { ...counter, key: `${counter.key}, first failures`, freeFailures: freeFirstFailures };
    });
    return [ownCounter(from), ...wider];
  }

  #count(counter: Counter, now: number): void {
    const known = this.#failures.get(counter.key);
    const count = this.#remembered(counter, now) + 1;
    this.#failures.delete(counter.key);
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size >= this.#options.maxRemembered) {
      this.#failures.delete(oldest);
    }
    this.#failures.set(counter.key, { count, at: now, previousAt: known?.at ?? now });
  }

  #longestWait(from: Guesser, now: number): { key: string; waitMs: number } {
    let longest = { key: "", waitMs: 0 };
    // A client that has to wait cannot get in by claiming to forward for another one.
    const itself = ownCounter({ address: from.address });
    const isClaim = (from.claimedAddress ?? null) !== null && (from.device ?? null) === null;
    for (const counter of [...this.#countersOf(from), ...(isClaim ? [itself] : [])]) {
      const waitMs = this.#waitMs(counter, now);
      if (waitMs > longest.waitMs) longest = { key: counter.key, waitMs };
    }
    return longest;
  }

  #waitMs(counter: Counter, now: number): number {
    const known = this.#failures.get(counter.key);
    // A clock rollback must not lengthen the wait.
    if (known === undefined || now < known.at) return 0;
    return Math.max(0, known.at + delayMs(this.#remembered(counter, now), counter) - now);
  }

  /** One failure is forgotten per maximum delay without a failure. */
  #remembered({ key, freeFailures, maxDelayMs }: Counter, now: number): number {
    const known = this.#failures.get(key);
    if (known === undefined) return 0;
    const forgotten = Math.floor(Math.max(0, now - known.at) / maxDelayMs);
    if (forgotten === 0) return known.count;
    const atMost = freeFailures + Math.ceil(Math.log2(maxDelayMs / FIRST_DELAY_MS)) + 1;
    return Math.max(0, Math.min(known.count, atMost) - forgotten);
  }

  #report(key: string, now: number): void {
    for (const [reported, at] of this.#reportedAt) {
      if (Math.abs(now - at) >= REPORT_INTERVAL_MS) this.#reportedAt.delete(reported);
    }
    if (this.#reportedAt.has(key) || this.#reportedAt.size >= this.#options.maxRemembered) return;
    this.#reportedAt.set(key, now);
    const count = this.#failures.get(key)?.count ?? 0;
    this.#options.onGuesses(`Wrong passwords or tokens from ${key}: ${count} so far, now slowed down`);
  }
}

/** Equal for clients that share the same own counter. */
export function identityOf(from: string | Guesser): string {
  return ownCounter(guesserOf(from)).key;
}

function guesserOf(from: string | Guesser): Guesser {
  return typeof from === "string" ? { address: from } : from;
}

function ownCounter({ address, claimedAddress = null, device = null }: Guesser): Counter {
  const shared = { freeFailures: FREE_FAILURES, maxDelayMs: MAX_DELAY_MS };
  if (device !== null) return { key: `device ${device}`, ...shared };
  const [own] = networksOf(address);
  const key = claimedAddress === null ? own : `${networksOf(claimedAddress)[0]}, forwarded by ${own}`;
  return { key, ...shared };
}

function widerCounters({ address, claimedAddress = null, device = null }: Guesser): WideCounter[] {
  if (device !== null) return [];
  const [own, ...networks] = networksOf(address);
  const wider = networks.map(networkCounter);
  // Whatever others do, even through a proxy here, a person at the machine itself gets in.
  const isLocal = isLoopbackAddress(address);
  if (claimedAddress === null) return isLocal ? wider : [...wider, ALL_CLIENTS];
  return [forwardedCounter(own), ...(isLocal ? [] : wider), ALL_CLIENTS];
}

function networkCounter(network: string): WideCounter {
  const [, width = ""] = network.split("/");
  const [freeFailures, freeFirstFailures] = FREE_IN_NETWORK[width] ?? [FREE_FAILURES, FREE_FAILURES];
  return { key: network, freeFailures, freeFirstFailures, maxDelayMs: MAX_DELAY_MS };
}

function forwardedCounter(proxy: string): WideCounter {
  const free = { freeFailures: FREE_FORWARDED, freeFirstFailures: FREE_FORWARDED };
  return { key: `whatever ${proxy} forwards`, ...free, maxDelayMs: MAX_DELAY_MS };
}

function delayMs(count: number, { freeFailures, maxDelayMs }: Counter): number {
  const costly = count - freeFailures;
  return costly <= 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (costly - 1), maxDelayMs);
}
