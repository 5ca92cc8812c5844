/** The last events, one line each, and a number that distinguishes runs. */
const LINES_KEPT = 60;

export class Trace {
  readonly #lines: string[] = [];
  readonly #now: () => number;
  #fingerprint = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  say(who: string, what: string): void {
    const line = `${this.#now().toFixed(3).padStart(12)} ${who.padEnd(14)} ${what}`;
    for (let i = 0; i < line.length; i++) {
      this.#fingerprint = (Math.imul(this.#fingerprint, 31) + line.charCodeAt(i)) | 0;
    }
    this.#lines.push(line);
    if (this.#lines.length > 2 * LINES_KEPT) this.#lines.splice(0, LINES_KEPT);
  }

  /** Equal for runs that were equal step by step. */
  get fingerprint(): number {
    return this.#fingerprint;
  }

  toString(): string {
    return this.#lines.slice(-LINES_KEPT).join("\n");
  }
}
