/** The last lines worth a person's look, for the Ops page. */
import type { QueueEvent } from "@persistent-queue/queue";

export interface RecentEvent {
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

/** As lines of the log have it. */
export type LineLevel = "debug" | "info" | "warn" | "error";

const MOST = 50;
/** Of one line, in characters: all of them are sent to each reader at every change. */
const MOST_CHARACTERS = 600;

export class RecentEvents {
  readonly #events: RecentEvent[] = [];
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(level: LineLevel, line: string): void {
    const shown = level === "warn" ? "warning" : level === "debug" ? "info" : level;
    const text = line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS).toWellFormed()}…`;
    this.#events.unshift({ at: this.#now(), level: shown, text });
    if (this.#events.length > MOST) this.#events.pop();
  }

  /** Newest first. */
  list(): readonly RecentEvent[] {
    return [...this.#events];
  }
}

/** A move that a person made; of a move of many jobs its end alone, because the log has a line for each. */
export function isMove(event: QueueEvent): boolean {
  return event.type === "moved-many" || event.type === "moved" && !event.isOneOfMany;
}
