/** Events as the lines that people grep for. */
import type { QueueEvent } from "@persistent-queue/queue";
import type { Log } from "../log.ts";
import { withoutPlace } from "../thread/error_report.ts";

export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  /** Whose own log tells it as well. */
  readonly consumerId?: string;
}

/** Writes them. */
export function logEvent(log: Log, event: QueueEvent): void {
  for (const { level, text } of describe(event)) log[level](text);
}

export function describe(event: QueueEvent): Line[] {
  switch (event.type) {
    case "enqueued":
      return event.jobs.map(({ id }) => info(`Enqueued job_id: ${id}`));
    case "retrying": {
      const { id, attempt, of, error, delayMs, consumerId } = event;
      const text = `Attempt ${attempt}/${of} failed for ${id}: ${withoutPlace(error)}. Retrying in ${
        delayMs / 1000
      }s`;
      return [{ level: "warn", text, consumerId }];
    }
    case "postponed": {
      const { id, error, delayMs, consumerId } = event;
      return [{ level: "info", text: `Postponed ${id} by ${delayMs / 1000}s: ${error}`, consumerId }];
    }
    case "exhausted": {
      const { id, error, consumerId, cause } = event;
      const why = cause === "retries"
        ? [`Last attempt failed for ${id}: ${withoutPlace(error)}`, "Max retries reached, marked failed"]
        : [`Crash limit reached for ${id}: ${error}`];
      return [...why, `Marked job_id failed: ${id}`].map((text) => ({ level: "warn", text, consumerId }));
    }
    case "failed": {
      const { id, error, consumerId } = event;
      return [`Gave up on ${id}: ${withoutPlace(error)}`, `Marked job_id failed: ${id}`]
        .map((text) => ({ level: "warn", text, consumerId }));
    }
    case "released":
      return [{
        level: event.why === "released" ? "info" : "warn",
        text: `Returned job_id: ${event.id} (${event.detail})`,
      }];
    case "swept":
      return [
        ...(event.excuse ? [{ level: "warn" as const, text: event.excuse }] : []),
        ...event.requeued.map(({ id, consumerId, status }) => ({
          level: "warn" as const,
          text: `Took job_id: ${id} from consumer ${consumerId ?? "unknown"}, now ${status}`,
        })),
        info(`Checked and requeued stalled jobs: ${event.requeued.length + event.freed}`),
      ];
    case "moved":
      return [info(`${event.verb === "cancel" ? "Canceled" : "Resubmitted"} job_id: ${event.id}`)];
    case "moved-many": {
      const { verb, count, by, ended } = event;
      const what = `${verb === "cancel" ? "Canceled" : "Resubmitted"} ${count} jobs by ${by}`;
      // For those who look at the page: in the log the audit says so, with what was asked for.
      return [{ level: "debug", text: ended === "done" ? what : `${what}, then it ${ENDED[ended]}` }];
    }
    case "fenced":
      return [{
        level: "warn",
        text: `Dropped a late result for ${event.id} of consumer ${event.consumerId}: its lease was lost`,
      }];
    case "removed":
      return [];
    case "parked":
      return [{ level: "warn", text: `No handler is named "${event.kind}": the jobs of that kind wait` }];
    case "pruned":
      return [info(`Pruned finished jobs: ${event.count}`)];
    case "looked-over":
      if (event.problems.length === 0) {
        return [info("Looked over every job after an unclean stop: all is well")];
      }
      return event.problems.map((text) => ({ level: "warn", text }));
    case "storage":
      return [
        event.trouble === null ? info("The storage works again") : { level: "warn", text: event.trouble },
      ];
    case "foreign":
      return [{ level: "debug", text: "Somebody else has written to the database" }];
    case "arriving":
    case "claimed":
    case "completed":
      return [];
  }
}

const ENDED = { stopped: "was stopped", failed: "failed" } as const;

function info(text: string): Line {
  return { level: "info", text };
}
