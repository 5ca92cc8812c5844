/** At most `limit` at a time; whoever comes later waits in line, or is turned away. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  readonly #maxWaiting: number;
  #free: number;

  constructor(limit: number, options: { maxWaiting?: number } = {}) {
    this.#free = limit;
    this.#maxWaiting = options.maxWaiting ?? 0;
  }

  /** False when none is free; whoever got one must `release` it. */
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free--;
    return true;
  }

  /** Waits for one; false at once when the line is full. Whoever got one must `release` it. */
  async take(): Promise<boolean> {
    if (this.tryTake()) return true;
    if (this.#waiting.length >= this.#maxWaiting) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
