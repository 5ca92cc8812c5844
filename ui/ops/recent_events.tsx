/** What happened that is worth a look, newest first. */
import { clock, count, zone } from "../components/format.ts";
import { IdInText } from "../components/job_id.tsx";
import { storiesOf, type Story } from "./event_stories.ts";
import { JobLink, type ManagerAddress } from "./manager_links.tsx";
import type { SystemState } from "./snapshot.ts";

/** The others are folded away: a list that is cut off in the middle of a line looks broken. */
const SHOWN = 8;

export interface RecentEventsProps {
  readonly events: SystemState["events"];
  readonly manager: ManagerAddress;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function RecentEvents({ events, manager, now }: RecentEventsProps) {
  const stories = storiesOf(events);
  const rest = stories.slice(SHOWN);
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title">Recent events</h2>
        <p class="muted small">newest first, one line per job, times in {zone(now)}</p>
      </div>
      {stories.length === 0
        ? <p class="panel-body muted">Nothing out of the ordinary so far.</p>
        : <Lines stories={stories.slice(0, SHOWN)} manager={manager} />}
      {rest.length > 0 && (
        <details class="event-rest">
          <summary>{count(rest.length)} older</summary>
          <Lines stories={rest} manager={manager} />
        </details>
      )}
    </section>
  );
}

interface LinesProps {
  readonly stories: readonly Story[];
  readonly manager: ManagerAddress;
}

function Lines({ stories, manager }: LinesProps) {
  return (
    <ol class="event-list">
      {stories.map((story, i) => <Line key={`${story.at} ${stories.length - i}`} {...{ story, manager }} />)}
    </ol>
  );
}

function Line({ story, manager }: { readonly story: Story; readonly manager: ManagerAddress }) {
  const { at, level, jobId, text, earlier } = story;
  return (
    <li class={`event event-${level}`}>
      <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
      <span class="event-level">{level}</span>
      <span class="event-text">
        {jobId !== null && (
          <>
            <JobLink manager={manager} id={jobId}>
              <IdInText id={jobId} />
            </JobLink>
            {" "}
          </>
        )}
        <bdi>{text}</bdi>
        {earlier > 0 && <span class="muted">{` (${count(earlier)} earlier)`}</span>}
      </span>
    </li>
  );
}
