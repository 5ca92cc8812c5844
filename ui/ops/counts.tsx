/** How many jobs there are in each status. */
import type { Status } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import { listHref, type ManagerAddress } from "./manager_links.tsx";
import type { Stats } from "./snapshot.ts";

export interface CountsProps {
  readonly statuses: readonly Status[];
  readonly stats: Stats | null;
  readonly manager: ManagerAddress;
}

export function Counts({ statuses, stats, manager }: CountsProps) {
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
  /** Where these jobs are listed. */
  readonly href: string | null;
}

/** A new number is a new element, so that its arrival can be seen. */
function Count({ status, jobs, href }: CountProps) {
  const number = <span class="count-number" key={jobs}>{jobs === null ? "–" : count(jobs)}</span>;
  return (
    <div class="panel count" data-status={status}>
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
