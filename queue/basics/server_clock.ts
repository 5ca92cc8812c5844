/** The server's clock: what the server has said, carried forward by a clock of this machine that is never set. */

/** A server may round its time down by this much. */
const ROUNDING_MS = 1;
/** A time that the server has said is shown for no longer than this: its clock may stand still meanwhile. */
const SHOWN_MS = 1_000;

/** `Absent`: what a statement or a script gets instead of a time, so that the server uses its own. */
export class ServerClock<Absent extends null | ""> {
  readonly #given: (() => number) | null;
  readonly #absent: Absent;
  readonly #elapsed: () => number;
  /** By how much the server's clock is ahead of the one that is never set: estimated, and at least. */
  #aheadMs = NaN;
  #leastAheadMs = -Infinity;
  #said = -Infinity;

  /**
   * @param given milliseconds since 1970, used instead of the server's clock
   * @param elapsed milliseconds since any moment, whatever the machine's clock is set to
   */
  constructor(given: (() => number) | null, absent: Absent, elapsed = () => performance.now()) {
    this.#given = given;
    this.#absent = absent;
    this.#elapsed = elapsed;
  }

  given(): number | Absent {
    return this.#given?.() ?? this.#absent;
  }

  now(): number {
    return this.#given?.() ?? Math.round(this.#elapsed() + this.#aheadMs);
  }

  /** No estimate: it goes back only if the server's clock does. */
  shownTime(): number {
    const leastNow = this.#elapsed() + this.#leastAheadMs;
    return this.#given?.() ?? Math.floor(Math.min(leastNow, this.#said + SHOWN_MS));
  }

  /** The server has read its clock at some moment of the call, so a slow call says less than a quick one. */
  async look(ask: () => Promise<number>): Promise<void> {
    const before = this.#elapsed();
    const said = await ask();
    const least = said - this.#elapsed();
    const most = said + ROUNDING_MS - before;
    this.#said = said;
    this.#aheadMs = within(Number.isNaN(this.#aheadMs) ? (least + most) / 2 : this.#aheadMs, least, most);
    this.#leastAheadMs = within(this.#leastAheadMs, least, most);
  }
}

/** What is known already moves only as far as a new look contradicts it. */
function within(known: number, least: number, most: number): number {
  return Math.min(Math.max(known, least), most);
}
