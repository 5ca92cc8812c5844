/** The end of an attempt as an event for logs and pages. */
import type { QueueEvent } from "./events.ts";
import type { Claimed, Ending } from "./store.ts";

export interface Telling {
  readonly now: number;
  /** As many retries as there are delays. */
  readonly retries: number;
  readonly emit: (event: QueueEvent) => void;
}

export function tellEnding(job: Claimed, ending: Ending, { now, retries, emit }: Telling): void {
  const { id, consumerId } = job;
  switch (ending.verb) {
    case "retry": {
      const { error } = ending;
      const delayMs = ending.runAt - now;
      if (ending.event === "postponed") return emit({ type: "postponed", id, consumerId, delayMs, error });
      return emit({ type: "retrying", id, consumerId, attempt: ending.retries, of: retries, delayMs, error });
    }
    case "exhaust":
      return emit({ type: "exhausted", id, consumerId, error: ending.error, cause: "retries" });
    case "fail":
      return emit({ type: "failed", id, consumerId, error: ending.error });
    case "release": {
      const { event: why, charge } = ending;
      if (why === null) return;
      const detail = ending.detail ?? why;
      emit({ type: "released", id, consumerId, why, detail });
      if (charge !== null && job.crashes + 1 >= charge.limit) {
        emit({ type: "exhausted", id, consumerId, error: detail, cause: "crashes" });
      }
    }
  }
}
