/**
 * Threads start a few at a time, in the order in which they were asked for: a thousand that start at once share the
 * processor, and none of them is ready within the time that one start may take.
 */
export class StartTurns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #starting = 0;

  /** The default is more than a usual number of consumers, which go on starting together. */
  constructor(most = 16) {
    this.#most = most;
  }

  /** Calls `begin` when it is this thread's turn, maybe at once. Returns the function that ends the turn, or the wait. */
  take(begin: () => void): () => void {
    let state: "waits" | "starts" | "is over" = "waits";
    const start = () => {
      this.#starting++;
      state = "starts";
      begin();
    };
    if (this.#starting < this.#most) start();
    else this.#waiting.push(start);
    return () => {
      if (state === "waits") this.#waiting.splice(this.#waiting.indexOf(start), 1);
      if (state === "starts") {
        this.#starting--;
        this.#waiting.shift()?.();
      }
      state = "is over";
    };
  }
}
