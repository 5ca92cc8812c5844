/** What happened that is worth a look, newest first. */
import { clock } from "../components/format.ts";
import type { SystemState } from "./snapshot.ts";

type Event = SystemState["events"][number];

export function RecentEvents({ events }: { readonly events: readonly Event[] }) {
  return (
    <section class="panel events" aria-labelledby="events-title">
      <div class="panel-head">
        <h2 id="events-title">Recent events</h2>
        <p class="muted small">newest first</p>
      </div>
      {events.length === 0
        ? <p class="panel-body muted">Nothing out of the ordinary so far.</p>
        : (
          <ol class="event-list" tabIndex={0} aria-labelledby="events-title">
            {events.map((event, i) => <Line key={`${event.at} ${events.length - i}`} event={event} />)}
          </ol>
        )}
    </section>
  );
}

function Line({ event: { at, level, text } }: { readonly event: Event }) {
  return (
    <li class={`event event-${level}`}>
      <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
      <span class="event-level">{level}</span>
      <span class="event-text">{text}</span>
    </li>
  );
}
