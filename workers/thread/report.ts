/** Results on their way to the supervisor: batched while they come fast, sent at once when they do not. */
import type { Outcome } from "@persistent-queue/queue";
import { MOST_IN_FLIGHT } from "../dispatch/prefetch.ts";
import type { FromThread, Result } from "../protocol.ts";
import type { Clock } from "./runtime.ts";

const LONGEST_MS = 5;

export class Report {
  #results: Result[] = [];
  #since = 0;
  #busyMs = 0;
  #callOff = () => {};
  readonly #post: (message: FromThread) => void;
  readonly #clock: Clock;

  constructor(post: (message: FromThread) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  add(ticket: number, outcome: Outcome, busyMs: number): void {
    const now = this.#clock.now();
    if (this.#results.length === 0) {
      this.#since = now - busyMs;
      // The next job may take long, and these have ended.
      this.#callOff = this.#clock.after(LONGEST_MS, () => this.flush());
    }
    this.#results.push({ ticket, outcome });
    this.#busyMs += busyMs;
    if (this.#results.length >= MOST_IN_FLIGHT || now - this.#since >= LONGEST_MS) this.flush();
  }

  flush(): void {
    if (this.#results.length === 0) return;
    this.#callOff();
    this.#post({ type: "results", results: this.#results, busyMs: this.#busyMs });
    this.#results = [];
    this.#busyMs = 0;
  }
}
