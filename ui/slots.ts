/** At most `limit` at a time. The others wait in line, those of the lowest rank first. */

interface Waiting {
  readonly rank: number;
  /** Called with false when the place in the line goes to another. */
  readonly enter: (isTheirTurn: boolean) => void;
}

export class Slots {
  /** By rank, and by arrival among equals. */
  readonly #waiting: Waiting[] = [];
  readonly #maxWaiting: number;
  #free: number;

  constructor(limit: number, options: { maxWaiting?: number } = {}) {
    this.#free = limit;
    this.#maxWaiting = options.maxWaiting ?? 0;
  }

  /**
   * Waits for a slot, which has to be given back by `release`. False where the line is full of others of this rank or a
   * lower one, or fills with them meanwhile.
   */
  async take({ rank = 0 }: { rank?: number } = {}): Promise<boolean> {
    if (this.#free > 0) {
      this.#free--;
      return true;
    }
    return await new Promise<boolean>((enter) => {
      const behind = this.#waiting.findIndex((other) => other.rank > rank);
      this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { rank, enter });
      if (this.#waiting.length > this.#maxWaiting) this.#waiting.pop()?.enter(false);
    });
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.enter(true);
  }
}
