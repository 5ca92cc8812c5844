/** Notable recent events, newest first. */
import { printable } from "@persistent-queue/queue/basics";
import { clock, count, duration, zone } from "../components/format.ts";
import { IdInText } from "../components/job_label.tsx";
import type { LatestEvent, WireHappening } from "./latest_events.ts";
import { JobLink, type ManagerAddress } from "./manager_links.tsx";

/** The others are collapsed: a list cut off in the middle of a line would look broken. */
const SHOWN = 8;

export interface RecentEventsProps {
  readonly events: readonly LatestEvent[];
  /** Whose events these are; null: there is only one host. */
  readonly host: string | null;
  readonly manager: ManagerAddress;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function RecentEvents({ events, host, manager, now }: RecentEventsProps) {
  const rest = events.slice(SHOWN);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title">Recent events</h2>
        {host !== null && (
          <p class="events-host small">
            of this host only: <span class="host-name">{host}</span>
          </p>
        )}
        <p class="muted small">newest first, one line per job, times in {zone(now)}</p>
      </div>
      {events.length === 0
        ? <p class="panel-body muted">No warnings and no errors so far.</p>
        : <Lines events={events.slice(0, SHOWN)} manager={manager} />}
      {rest.length > 0 && (
        <details class="event-rest">
          <summary>{count(rest.length)} older</summary>
          <Lines events={rest} manager={manager} />
        </details>
      )}
    </section>
  );
}

interface LinesProps {
  readonly events: readonly LatestEvent[];
  readonly manager: ManagerAddress;
}

function Lines({ events, manager }: LinesProps) {
  return (
    <ol class="event-list">
      {events.map((event, i) => <Line key={`${event.at} ${events.length - i}`} {...{ event, manager }} />)}
    </ol>
  );
}

function Line({ event, manager }: { readonly event: LatestEvent; readonly manager: ManagerAddress }) {
  const { at, level, job_id, earlier = 0 } = event;
  return (
    <li class={`event event-${level}`}>
      <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
      <span class="event-level">{level}</span>
      <span class="event-text">
        {job_id !== undefined && (
          <>
            <JobLink manager={manager} id={job_id}>
              <IdInText id={job_id} />
            </JobLink>
            {" "}
          </>
        )}
        <bdi>{printable(eventText(event))}</bdi>
        {earlier > 0 && <span class="muted">{` (${count(earlier)} earlier)`}</span>}
      </span>
    </li>
  );
}

/** The event in words, without the id of its job, which precedes them. */
export function eventText({ what, consumer_id = "" }: Pick<LatestEvent, "what" | "consumer_id">): string {
  switch (what.type) {
    case "retrying":
    case "exhausted":
    case "failed":
      return failureText(what);
    case "released":
      return `returned to the queue: ${what.detail}`;
    case "reaped":
      return `its consumer was lost: now ${what.status}`;
    case "reaped-many":
      return `${count(what.count)} jobs have lost their consumers`;
    case "excused":
      return what.why;
    case "fenced":
      return "late result dropped: its lease was lost";
    case "moved":
      return `${MOVED[what.verb]} by ${what.by}`;
    case "moved-many": {
      const done = `${count(what.count)} jobs ${MOVED[what.verb]} by ${what.by}`;
      return what.ended === "done" ? done : `${done}, then it ${ENDED[what.ended]}`;
    }
    case "parked":
      return `No handler is named "${what.kind}": the jobs of that kind wait`;
    case "host-lost":
      return lossText(what);
    case "verified":
      return what.others === 0 ? what.problem : `${what.problem} (and ${count(what.others)} more like this)`;
    case "storage":
      return what.trouble ?? "The storage works again";
    case "restarted":
      return `Restarted ${what.role} ${consumer_id.slice(0, 8)}: ${what.why}`;
    case "provoked":
      return `Consumer ${consumer_id.slice(0, 8)} was made to ${what.how} by ${what.by}`;
    case "notice":
      return what.text;
  }
}

function lossText({ host, pid, jobs }: Extract<WireHappening, { type: "host-lost" }>): string {
  const gone = `Host ${host} (pid ${pid}) went away without having been stopped`;
  if (jobs === 0) return gone;
  return `${gone}: ${jobs === 1 ? "1 job was" : `${count(jobs)} jobs were`} taken from it`;
}

const MOVED = { cancel: "canceled", resubmit: "resubmitted" } as const;
const ENDED = { stopped: "was stopped", failed: "failed" } as const;

function failureText(what: Extract<WireHappening, { type: "retrying" | "exhausted" | "failed" }>): string {
  if (what.type === "retrying") {
    return `attempt ${what.attempt}/${what.of} failed, the next in ${duration(what.delay_ms)}: ${what.error}`;
  }
  if (what.type === "failed") return `given up: ${what.error}`;
  return what.cause === "retries"
    ? `given up, every attempt failed: ${what.error}`
    : `given up, too many crashes: ${what.error}`;
}
