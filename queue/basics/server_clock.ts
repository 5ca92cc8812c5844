/** The server's clock, as well as this process knows it: the machine's, and by how much it differs. */

/** The network is quicker at some times than at others: a slow look says less about the difference. */
const FORGET_MS = 60_000;

/** `Absent`: what a statement or a script is given instead of a time, so that the server takes its own. */
export class ServerClock<Absent extends null | ""> {
  readonly #given: (() => number) | null;
  readonly #absent: Absent;
  #differenceMs = 0;
  #quickestMs = Infinity;
  #lookedAt = -Infinity;

  /** @param given milliseconds since 1970, instead of the server's clock */
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

  /** Compares with what the server says. */
  async look(ask: () => Promise<number>): Promise<void> {
    const before = performance.now();
    const time = await ask();
    const after = performance.now();
    const tookMs = after - before;
    if (tookMs > this.#quickestMs && after - this.#lookedAt < FORGET_MS) return;
    this.#quickestMs = tookMs;
    this.#lookedAt = after;
    // The server read its clock half-way.
    this.#differenceMs = time - (Date.now() - tookMs / 2);
  }
}
