/** Slows guessing down: after some failures each address has to wait, longer each time, but never for good. */

interface Failures {
  readonly failures: number;
  readonly at: number;
}

/** Somebody who guesses is told of once in this time, however many guesses there are. */
const TOLD_AGAIN_AFTER_MS = 60_000;

export interface ThrottleOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Failures that cost nothing: people mistype. */
  readonly freeFailures?: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** How many addresses are remembered. */
  readonly maxAddresses?: number;
  /** Hears, in a sentence for the log, of an address that goes on guessing. */
  readonly onGuesses?: (sentence: string) => void;
}

export class Throttle {
  readonly #byNetwork = new Map<string, Failures>();
  readonly #toldAt = new Map<string, number>();
  readonly #options: Required<ThrottleOptions>;

  constructor(options: ThrottleOptions) {
    this.#options = {
      freeFailures: 3,
      firstDelayMs: 1000,
      maxDelayMs: 900_000,
      maxAddresses: 1000,
      onGuesses: () => {},
      ...options,
    };
  }

  /**
   * How long this address has to wait, in milliseconds. 0 = come in: the attempt counts as failed from now on, until
   * it is forgiven, so that a hundred attempts at once are no way around. An attempt that is sent off counts nothing.
   */
  admit(address: string): number {
    const now = this.#options.now();
    const key = networkOf(address);
    const known = this.#byNetwork.get(key);
    const waitMs = known === undefined ? 0 : this.#waitMs(known, now);
    if (waitMs > 0) {
      this.#tell(key, now);
      return waitMs;
    }
    this.#byNetwork.delete(key);
    this.#makeRoom(now);
    this.#byNetwork.set(key, { failures: this.#remembered(known, now) + 1, at: now });
    return 0;
  }

  /** The attempt was right after all. */
  forgive(address: string): void {
    this.#byNetwork.delete(networkOf(address));
  }

  #delayMs(failures: number): number {
    const costly = failures - this.#options.freeFailures;
    if (costly <= 0) return 0;
    return Math.min(this.#options.firstDelayMs * 2 ** (costly - 1), this.#options.maxDelayMs);
  }

  #waitMs({ failures, at }: Failures, now: number): number {
    // A clock that was set back must not lengthen the wait.
    return now < at ? 0 : Math.max(0, at + this.#delayMs(failures) - now);
  }

  /** Failures are forgotten after the longest delay has passed twice. */
  #remembered(known: Failures | undefined, now: number): number {
    return known === undefined || this.#isOld(known, now) ? 0 : known.failures;
  }

  #isOld(known: Failures, now: number): boolean {
    return now - known.at > 2 * this.#options.maxDelayMs;
  }

  #tell(key: string, now: number): void {
    for (const [told, at] of this.#toldAt) {
      if (Math.abs(now - at) >= TOLD_AGAIN_AFTER_MS) this.#toldAt.delete(told);
    }
    if (this.#toldAt.has(key) || this.#toldAt.size >= this.#options.maxAddresses) return;
    this.#toldAt.set(key, now);
    const failures = this.#byNetwork.get(key)?.failures ?? 0;
    this.#options.onGuesses(`Wrong passwords or tokens from ${key}: ${failures} so far, now slowed down`);
  }

  #makeRoom(now: number): void {
    if (this.#byNetwork.size < this.#options.maxAddresses) return;
    for (const [key, known] of this.#byNetwork) if (this.#isOld(known, now)) this.#byNetwork.delete(key);
    const [oldest] = this.#byNetwork.keys();
    if (oldest !== undefined && this.#byNetwork.size >= this.#options.maxAddresses) {
      this.#byNetwork.delete(oldest);
    }
  }
}

/** One customer of a provider has a whole /64 of IPv6 addresses. */
export function networkOf(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail = ""] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === "" ? [] : tail.split(":");
  while (groups.length + rest.length < 8) groups.push("0");
  return [...groups, ...rest].slice(0, 4).join(":");
}
