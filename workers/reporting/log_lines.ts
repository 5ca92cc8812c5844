/** Turns events into log lines, which operators grep for. */
import type { QueueEvent, Reaped } from "@persistent-queue/queue";
import type { Log } from "../log.ts";
import { withoutPlace } from "../thread/error_report.ts";

/** The most jobs of one sweep that get a line each. */
const MAX_REAPED = 100;

/** Events of the running system itself, besides the queue's events about jobs. */
export type SystemEvent =
  /** A thread has ended, and another takes its place. */
  | {
    readonly type: "restarted";
    readonly role: "consumer" | "producer";
    readonly id: string;
    readonly why: string;
  }
  /** A user made a consumer crash or hang. `by` names the user. */
  | {
    readonly type: "provoked";
    readonly consumerId: string;
    readonly how: "crash" | "hang";
    readonly by: string;
  }
  /** Any other message for operators, as a sentence. */
  | { readonly type: "notice"; readonly level: "warn" | "error"; readonly text: string };

export interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  /** The consumer whose own log also gets the line. */
  readonly consumerId?: string;
}

/** Writes the lines of one event. */
export function logEvent(log: Log, event: QueueEvent): void {
  for (const { level, text } of logLines(event)) log[level](text);
}

export function logLines(event: QueueEvent | SystemEvent): Line[] {
  switch (event.type) {
    case "enqueued":
      return event.jobs.map(({ id }) => info(`Enqueued job_id: ${id}`));
    case "retrying":
    case "postponed":
    case "exhausted":
    case "failed":
      return linesOfAttempt(event);
    case "released":
      return [{
        level: event.why === "released" ? "info" : "warn",
        text: `Returned job_id: ${event.id} (${event.detail})`,
      }];
    case "swept":
      return [
        ...(event.excuse ? [warning(event.excuse)] : []),
        ...linesOfReaped(event.requeued),
        info(`Checked and requeued stalled jobs: ${event.requeued.length + event.freed}`),
      ];
    case "moved":
      return [info(`${event.verb === "cancel" ? "Canceled" : "Resubmitted"} job_id: ${event.id}`)];
    case "moved-many": {
      const { verb, count, by, ended } = event;
      const what = `${verb === "cancel" ? "Canceled" : "Resubmitted"} ${count} jobs by ${by}`;
      // At `info` the audit line says this, together with the request.
      return [{ level: "debug", text: ended === "done" ? what : `${what}, then it ${ENDED[ended]}` }];
    }
    case "fenced":
      return [
        warning(`Dropped a late result for ${event.id} of consumer ${event.consumerId}: its lease was lost`),
      ];
    case "parked":
      return [warning(`No handler is named "${event.kind}": the jobs of that kind wait`)];
    case "pruned":
      return [info(`Pruned finished jobs: ${event.count}`)];
    case "verified":
      if (event.problems.length > 0) return event.problems.map(warning);
      return [info("Looked over every job after an unclean stop: all is well")];
    case "host-lost":
      return [warning(lossText(event))];
    case "storage":
      return [event.trouble === null ? info("The storage works again") : warning(event.trouble)];
    case "storage-warning":
      return [warning(event.warning)];
    case "changed-outside":
      return [{ level: "debug", text: "Another process has written to the database" }];
    case "restarted":
      return [warning(`Restarted ${event.role} ${event.id}: ${event.why}`)];
    case "notice":
      return [{ level: event.level, text: event.text }];
    // A provoked fault is in the audit log.
    case "provoked":
    case "arriving":
    case "claimed":
    case "completed":
    case "kinds-changed":
    case "removed":
      return [];
  }
}

/** A line for each job, unless so many ended the same way that they would push other lines out of the log. */
function linesOfReaped(reaped: readonly Reaped[]): Line[] {
  return [...Map.groupBy(reaped, ({ status }) => status)].flatMap(([status, jobs]) =>
    jobs.length > MAX_REAPED
      ? [warning(`Took ${jobs.length} jobs from their consumers, now ${status}`)]
      : jobs.map(({ id, consumerId }) =>
        warning(`Took job_id: ${id} from consumer ${consumerId ?? "unknown"}, now ${status}`)
      )
  );
}

function lossText({ host, pid, jobs }: Extract<QueueEvent, { type: "host-lost" }>): string {
  const gone = `Host ${host} (pid ${pid}) went away without having been stopped`;
  if (jobs === 0) return gone;
  return `${gone}: ${jobs === 1 ? "1 job was" : `${jobs} jobs were`} taken from it`;
}

type OfAttempt = Extract<QueueEvent, { type: "retrying" | "postponed" | "exhausted" | "failed" }>;

/** These lines also go to the consumer's log. */
function linesOfAttempt(event: OfAttempt): Line[] {
  const { id, consumerId } = event;
  const error = withoutPlace(event.error);
  const told = (...texts: string[]) => texts.map((text) => ({ ...warning(text), consumerId }));
  switch (event.type) {
    case "retrying": {
      const { attempt, of, delayMs } = event;
      return told(`Attempt ${attempt}/${of} failed for ${id}: ${error}. Retrying in ${delayMs / 1000}s`);
    }
    case "postponed":
      return [{ ...info(`Postponed ${id} by ${event.delayMs / 1000}s: ${event.error}`), consumerId }];
    case "exhausted":
      return event.cause === "retries"
        ? told(
          `Last attempt failed for ${id}: ${error}`,
          "Max retries reached, marked failed",
          `Marked job_id failed: ${id}`,
        )
        : told(`Crash limit reached for ${id}: ${event.error}`, `Marked job_id failed: ${id}`);
    case "failed":
      return told(`Gave up on ${id}: ${error}`, `Marked job_id failed: ${id}`);
  }
}

const ENDED = { stopped: "was stopped", failed: "failed" } as const;

function info(text: string): Line {
  return { level: "info", text };
}

function warning(text: string): Line {
  return { level: "warn", text };
}
