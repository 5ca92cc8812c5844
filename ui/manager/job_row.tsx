import type { OperatorVerb } from "@persistent-queue/queue";
import { age } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import type { Row } from "./views.ts";

export interface JobRowProps {
  readonly job: Row;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
}

const BUTTONS = { resubmit: "Resubmit", cancel: "Cancel" } as const satisfies Record<OperatorVerb, string>;

export function JobRow({ job, now }: JobRowProps) {
  const name = `job-${job.seq}`;
  return (
    <tr role="row" data-id={job.id} data-status={job.status}>
      <td role="cell" class="cell-tick">
        <input
          type="checkbox"
          name="id"
          value={job.id}
          form="ticked"
          aria-label="Select this job"
          aria-describedby={name}
          data-tick={job.actions.join(" ")}
        />
      </td>
      <th role="rowheader" scope="row" class="cell-id">
        <a id={name} class="job-link" href={jobPath(job.id)} title={job.id}>{job.id}</a>
        <span class="job-more">
          {job.kind}
          {job.error !== null && <span class="job-error">{job.error}</span>}
        </span>
      </th>
      <td role="cell" class="cell-status" data-label="Status">
        <StatusBadge status={job.status} />
        {job.stalled && <span class="badge badge-stalled">Stalled</span>}
      </td>
      <td role="cell" class="number" data-label="Retries">{job.retries}</td>
      <td role="cell" data-label="Consumer">
        <ConsumerName id={job.consumer_id} />
      </td>
      <td role="cell" class="nowrap" data-label="Heartbeat">{heartbeat(job, now)}</td>
      <td role="cell" class="nowrap" data-label="Updated">
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

/** The buttons that are legal for this status, and no others. */
export function Actions(props: { readonly job: Pick<Row, "id" | "actions">; readonly describedBy: string }) {
  return (
    <span class="actions">
      {props.job.actions.map((verb) => (
        <button
          key={verb}
          type="submit"
          form="one"
          formAction={`/${verb}`}
          name="id"
          value={props.job.id}
          class="small-button"
          aria-describedby={props.describedBy}
        >
          {BUTTONS[verb]}
        </button>
      ))}
    </span>
  );
}

/** Short enough for a column; whole on its title. */
export function ConsumerName({ id }: { readonly id: string | null }) {
  if (id === null) return <span class="muted">–</span>;
  return <span class="mono" title={id}>{id.slice(0, 8)}</span>;
}

export function jobPath(id: string): string {
  return `/job?${new URLSearchParams({ id })}`;
}

function heartbeat({ last_heartbeat, status }: Row, now: number) {
  if (last_heartbeat === null || status !== "PROCESSING") return <span class="muted">–</span>;
  return age(now - last_heartbeat);
}

/** Where no reader's time zone is known. Beyond what a date can hold: the number. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
