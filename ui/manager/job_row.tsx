import type { OperatorVerb } from "@persistent-queue/queue";
import { age } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import { jobPath } from "./job_path.ts";
import { isWanted, type ListQuery } from "./list_query.ts";
import type { Row } from "./views.ts";
import { waitOf } from "./wait_of.ts";

export interface JobRowProps {
  readonly job: Row;
  readonly query: ListQuery;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
}

const BUTTONS = { resubmit: "Resubmit", cancel: "Cancel" } as const satisfies Record<OperatorVerb, string>;

export function JobRow({ job, query, now }: JobRowProps) {
  const name = `job-${job.seq}`;
  const hasLeft = job.isGone === true || !isWanted(query, job);
  return (
    <tr role="row" class={hasLeft ? "has-left" : undefined} data-id={job.id} data-status={job.status}>
      <td role="cell" class="cell-tick">
        <input
          type="checkbox"
          name="id"
          value={job.id}
          form="ticked"
          aria-label="Select this job"
          aria-describedby={name}
          data-tick={job.actions.join(" ")}
          data-seq={job.seq}
        />
      </td>
      <th role="rowheader" scope="row" class="cell-id">
        <a id={name} class="job-link" href={jobPath(job.id, query)} title={job.id}>{job.id}</a>
        <span class="job-more">
          {job.kind}
          {job.error !== null && <span class="job-error">{job.error}</span>}
        </span>
      </th>
      <td role="cell" class="cell-status" data-label="Status">
        <StatusBadge status={job.status} />
        <StatusMore job={job} now={now} />
      </td>
      <td role="cell" class="number" data-label="Retries">{job.retries}</td>
      <td role="cell" class="cell-consumer" data-label="Consumer">
        <ConsumerName id={job.consumer_id} />
      </td>
      <td role="cell" class="cell-heartbeat nowrap" data-label="Heartbeat">{heartbeat(job, now)}</td>
      <td role="cell" class="cell-updated nowrap" data-label="Updated">
        <time dateTime={isoTime(job.updated_at)} title={isoTime(job.updated_at)}>
          {age(now - job.updated_at)}
        </time>
      </td>
      <td role="cell" class="cell-actions">
        <Actions job={job} describedBy={name} />
      </td>
    </tr>
  );
}

/** What the status alone does not say. One line at most: a row never grows. */
function StatusMore({ job, now }: { readonly job: Row; readonly now: number }) {
  if (job.isGone) return <span class="status-more status-alarm">Removed</span>;
  if (job.stalled) return <span class="status-more status-alarm">Stalled</span>;
  const wait = waitOf(job, now);
  return wait === null ? null : <span class="status-more">{wait}</span>;
}

/**
 * The buttons that are legal for this status, and no others. Each tells which state of the job it was drawn for: what
 * has changed meanwhile is not touched.
 */
export function Actions({ job, describedBy }: { readonly job: ActionsJob; readonly describedBy: string }) {
  const seen = new URLSearchParams({ status: job.status, lease: String(job.lease) });
  return (
    <span class="actions">
      {job.actions.map((verb) => (
        <button
          key={verb}
          type="submit"
          form="one"
          formAction={`/${verb}?${seen}`}
          name="id"
          value={job.id}
          class="small-button"
          aria-describedby={describedBy}
        >
          {BUTTONS[verb]}
        </button>
      ))}
    </span>
  );
}

type ActionsJob = Pick<Row, "id" | "actions" | "status" | "lease">;

/** Short enough for a column; whole on its title. */
export function ConsumerName({ id }: { readonly id: string | null }) {
  if (id === null) return <span class="muted">–</span>;
  return <span class="mono" title={id}>{id.slice(0, 8)}</span>;
}

function heartbeat({ last_heartbeat, status }: Row, now: number) {
  if (last_heartbeat === null || status !== "PROCESSING") return <span class="muted">–</span>;
  return age(now - last_heartbeat);
}

/** Where no reader's time zone is known. Beyond what a date can hold: the number. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
