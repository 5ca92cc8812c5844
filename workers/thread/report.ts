/** Results on their way to the supervisor: together while they come fast, at once when they do not. */
import type { Outcome } from "@persistent-queue/queue";
import type { FromThread, Result } from "../protocol.ts";

const MOST = 128;
const LONGEST_MS = 5;

export class Report {
  #results: Result[] = [];
  #since = 0;
  #busyMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #post: (message: FromThread) => void;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  add(ticket: number, outcome: Outcome, busyMs: number): void {
    const now = performance.now();
    if (this.#results.length === 0) {
      this.#since = now - busyMs;
      // The next job may take long, and these have ended.
      this.#timer = setTimeout(() => this.flush(), LONGEST_MS);
    }
    this.#results.push({ ticket, outcome });
    this.#busyMs += busyMs;
    if (this.#results.length >= MOST || now - this.#since >= LONGEST_MS) this.flush();
  }

  flush(): void {
    if (this.#results.length === 0) return;
    clearTimeout(this.#timer);
    this.#post({ type: "results", results: this.#results, busyMs: this.#busyMs });
    this.#results = [];
    this.#busyMs = 0;
  }
}
