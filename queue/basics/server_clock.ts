/** An estimate of the server's clock: the machine's clock plus the measured difference. */

/** A slow measurement says less about the difference, so it does not replace a quicker one until that is this old. */
const FORGET_MS = 60_000;

/** `Absent`: what a statement or a script gets instead of a time, so that the server uses its own. */
export class ServerClock<Absent extends null | ""> {
  readonly #given: (() => number) | null;
  readonly #absent: Absent;
  #differenceMs = 0;
  #quickestMs = Infinity;
  #lookedAt = -Infinity;

  /** @param given milliseconds since 1970, used instead of the server's clock */
  constructor(given: (() => number) | null, absent: Absent) {
    this.#given = given;
    this.#absent = absent;
  }

  given(): number | Absent {
    return this.#given?.() ?? this.#absent;
  }

  now(): number {
    return this.#given?.() ?? Math.round(Date.now() + this.#differenceMs);
  }

  /** Measures the difference from the server's clock. */
  async look(ask: () => Promise<number>): Promise<void> {
    const before = performance.now();
    const time = await ask();
    const after = performance.now();
    const tookMs = after - before;
    if (tookMs > this.#quickestMs && after - this.#lookedAt < FORGET_MS) return;
    this.#quickestMs = tookMs;
    this.#lookedAt = after;
    // Assumes that the server read its clock halfway through the call.
    this.#differenceMs = time - (Date.now() - tookMs / 2);
  }
}
