/** The whole page, most urgent first. The same on the server and in the browser. */
import type { Status } from "@persistent-queue/queue";
import { LoggedOut } from "../components/plain_page.tsx";
import { clock, count, duration, zone } from "../components/format.ts";
import { StatusBadge } from "../components/job_label.tsx";
import { ConsumersTable } from "../components/consumers_table.tsx";
import { Health } from "./health.tsx";
import { RecentEvents } from "./recent_events.tsx";
import type { ConsumerState, DashboardProps, Link, Stats, SystemState } from "./snapshot.ts";
import { Throughput } from "./throughput.tsx";
import { VitalSigns } from "./vital_signs.tsx";
import { jobHref, listHref, type ManagerAddress } from "./manager_links.tsx";

export function Dashboard({ snapshot, statuses, version, manager, now, link, agedMs }: DashboardProps) {
  if (link === "ended") return <LoggedOut />;
  const { stats, system } = snapshot;
  // Once the stream has broken, ages stop: what has happened since is unknown.
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
      <Consumers system={system} agedMs={sinceMs} now={then} manager={manager} />
      <RecentEvents events={system.events} host={hostOfEvents(system)} manager={manager} now={now} />
    </div>
  );
}

/** Each host shows its own events. Null: there is only one. */
function hostOfEvents({ hosts, this_host }: SystemState): string | null {
  return hosts.length > 1 ? this_host : null;
}

interface LinkNoteProps {
  readonly link: Link;
  readonly agedMs: number;
  readonly now: number;
}

/** Whether the page is up to date. */
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

interface CountsProps {
  readonly statuses: readonly Status[];
  readonly stats: Stats | null;
  readonly manager: ManagerAddress;
}

/** The number of jobs in each status. */
function Counts({ statuses, stats, manager }: CountsProps) {
  return (
    <section aria-labelledby="counts-title">
      <h2 id="counts-title" class="visually-hidden">Jobs per status</h2>
      <dl class="counts">
        {statuses.map((status) => (
          <Count
            key={status}
            status={status}
            jobs={stats?.counts[status] ?? null}
            href={manager === null ? null : listHref(manager, status)}
          />
        ))}
      </dl>
    </section>
  );
}

interface CountProps {
  readonly status: Status;
  readonly jobs: number | null;
  /** The address of the list of these jobs. */
  readonly href: string | null;
}

/** A new number is a new element, so that the change is animated. */
function Count({ status, jobs, href }: CountProps) {
  const number = <span class="count-number" key={jobs}>{jobs === null ? "–" : count(jobs)}</span>;
  return (
    <div class="panel count" data-status={status} data-empty={jobs === 0 ? "" : undefined}>
      <dt>
        <StatusBadge status={status} />
      </dt>
      <dd>
        {href === null ? number : (
          <a class="count-link" href={href}>
            {number}
            <span class="visually-hidden">{` ${status} jobs, in the Manager`}</span>
          </a>
        )}
      </dd>
    </div>
  );
}

interface ConsumersProps {
  readonly system: SystemState;
  /** The age of this information, in milliseconds. */
  readonly agedMs: number;
  readonly now: number;
  readonly manager: ManagerAddress;
}

function Consumers({ system: { consumers, hosts, this_host }, agedMs, now, manager }: ConsumersProps) {
  return (
    <section class="panel" aria-labelledby="consumers-title">
      <div class="panel-head">
        <h2 id="consumers-title">Consumers</h2>
        <p class="muted small">{summary(consumers)}</p>
      </div>
      {(consumers.length > 0 || hosts.length > 1) && (
        <ConsumersTable
          consumers={consumers}
          hosts={hosts}
          thisHost={this_host}
          agedMs={agedMs}
          now={now}
          hrefOf={(id) => manager === null ? null : jobHref(manager, id)}
        />
      )}
    </section>
  );
}

/** `7 working, 3 idle`. */
function summary(consumers: readonly ConsumerState[]): string {
  const states = Object.entries(Object.groupBy(consumers, ({ state }) => state));
  return states.map(([state, those]) => `${count(those?.length ?? 0)} ${state}`).join(", ") ||
    "There are none.";
}
