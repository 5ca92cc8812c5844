/** How many jobs there are in each status. */
import type { Status } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import type { Stats } from "./snapshot.ts";

export interface CountsProps {
  readonly statuses: readonly Status[];
  readonly stats: Stats | null;
}

export function Counts({ statuses, stats }: CountsProps) {
  return (
    <section aria-labelledby="counts-title">
      <h2 id="counts-title" class="visually-hidden">Jobs per status</h2>
      <dl class="counts">
        {statuses.map((status) => (
          <Count
            key={status}
            status={status}
            jobs={stats?.counts[status] ?? null}
          />
        ))}
      </dl>
    </section>
  );
}

/** A new number is a new element, so that its arrival can be seen. */
function Count({ status, jobs }: { readonly status: Status; readonly jobs: number | null }) {
  return (
    <div class="panel count" data-status={status}>
      <dt>
        <StatusBadge status={status} />
      </dt>
      <dd>
        <span class="count-number" key={jobs}>{jobs === null ? "–" : count(jobs)}</span>
      </dd>
    </div>
  );
}
