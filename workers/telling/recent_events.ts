/** The last lines worth a person's look, for the Ops page. */
export interface RecentEvent {
  readonly at: number;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
}

const MOST = 50;

export class RecentEvents {
  readonly #events: RecentEvent[] = [];

  add(event: RecentEvent): void {
    this.#events.unshift(event);
    if (this.#events.length > MOST) this.#events.pop();
  }

  /** Newest first. */
  list(): readonly RecentEvent[] {
    return [...this.#events];
  }
}
