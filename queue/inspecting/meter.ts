/** Counts what happens per second over the last minute. */
import type { QueueEvent } from "../events.ts";
import type { QueueStats, Rates } from "../roles.ts";

const SECONDS_KEPT = 60;
const SECONDS_AVERAGED = 10;
/** One more than is shown: the current second has its own place. */
const PLACES = SECONDS_KEPT + 1;

type Counts = { -readonly [name in keyof Rates]: number };

export class Meter {
  /** A ring; each place stores the second that it belongs to. */
  readonly #seconds: { second: number; counts: Counts }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly observe = (event: QueueEvent): void => {
    if (event.type === "enqueued") this.#current().added += event.jobs.length;
    else if (event.type === "completed") this.#current().completed += event.count;
    else if (event.type === "retrying" || event.type === "exhausted" || event.type === "failed") {
      this.#current().failed += 1;
    }
  };

  view(): Pick<QueueStats, "rates" | "history"> {
    return { rates: this.rates(), history: this.history() };
  }

  /** Counts per second of the last minute, oldest first, without the current second. */
  history(): Rates[] {
    const present = this.#second();
    return Array.from({ length: SECONDS_KEPT }, (_, i) => this.#at(present - SECONDS_KEPT + i));
  }

  /** The rate per second over the last ten whole seconds. */
  rates(): Rates {
    const recent = this.history().slice(-SECONDS_AVERAGED);
    const mean = (name: keyof Rates) =>
      recent.reduce((sum, rates) => sum + rates[name], 0) / SECONDS_AVERAGED;
    return { added: mean("added"), completed: mean("completed"), failed: mean("failed") };
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }

  #current(): Counts {
    const second = this.#second();
    const place = this.#seconds[second % PLACES];
    if (place?.second === second) return place.counts;
    const counts = zero();
    this.#seconds[second % PLACES] = { second, counts };
    return counts;
  }

  #at(second: number): Rates {
    const place = this.#seconds[second % PLACES];
    return place?.second === second ? place.counts : zero();
  }
}

function zero(): Counts {
  return { added: 0, completed: 0, failed: 0 };
}
