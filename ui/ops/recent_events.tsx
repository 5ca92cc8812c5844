/** What happened that is worth a look, newest first. */
import { printable } from "@persistent-queue/queue/basics";
import { clock, count, zone } from "../components/format.ts";
import { IdInText } from "../components/job_id.tsx";
import { eventText } from "./event_text.ts";
import type { LatestEvent } from "./latest_events.ts";
import { JobLink, type ManagerAddress } from "./manager_links.tsx";

/** The others are folded away: a list that is cut off in the middle of a line looks broken. */
const SHOWN = 8;

export interface RecentEventsProps {
  readonly events: readonly LatestEvent[];
  readonly manager: ManagerAddress;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function RecentEvents({ events, manager, now }: RecentEventsProps) {
  const rest = events.slice(SHOWN);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title">Recent events</h2>
        <p class="muted small">newest first, one line per job, times in {zone(now)}</p>
      </div>
      {events.length === 0
        ? <p class="panel-body muted">Nothing out of the ordinary so far.</p>
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
