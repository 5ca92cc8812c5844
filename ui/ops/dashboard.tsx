/** The whole page, from top to bottom in the order of urgency. The same on the server and in the browser. */
import { LoggedOut } from "../components/logged_out.tsx";
import { Consumers } from "./consumers.tsx";
import { Counts } from "./counts.tsx";
import { Health } from "./health.tsx";
import { RecentEvents } from "./recent_events.tsx";
import type { DashboardProps, Link } from "./snapshot.ts";
import { Throughput } from "./throughput.tsx";
import { VitalSigns } from "./vital_signs.tsx";
import { clock, duration, zone } from "../components/format.ts";

export function Dashboard({ snapshot, statuses, version, manager, now, link, agedMs }: DashboardProps) {
  if (link === "ended") return <LoggedOut />;
  const { stats, system } = snapshot;
  // What happened after the stream broke is not known here: ages stand still then.
  const sinceMs = link === "lost" ? 0 : agedMs;
  const then = now - agedMs + sinceMs;
  return (
    <div class="ops">
      <h1 class="visually-hidden">Ops</h1>
      <Health snapshot={snapshot} link={link} manager={manager}>
        <LinkNote link={link} agedMs={agedMs} now={now} />
      </Health>
      <Counts statuses={statuses} stats={stats} manager={manager} />
      <div class="ops-middle">
        <Throughput stats={stats} />
        <VitalSigns snapshot={snapshot} version={version} now={then} agedMs={sinceMs} />
      </div>
      <Consumers consumers={system.consumers} agedMs={sinceMs} manager={manager} />
      <RecentEvents events={system.events} manager={manager} now={now} />
    </div>
  );
}

/** Whether what is shown is the present. */
interface LinkNoteProps {
  readonly link: Link;
  readonly agedMs: number;
  readonly now: number;
}

function LinkNote({ link, agedMs, now }: LinkNoteProps) {
  if (link === "lost") {
    return <p class="link link-lost">Reconnecting… What you see is {duration(agedMs)} old.</p>;
  }
  if (link === "live") return <p class="link link-live">Live</p>;
  return (
    <p class="link">
      As of <time dateTime={new Date(now).toISOString()}>{clock(now)} {zone(now)}</time>
    </p>
  );
}
