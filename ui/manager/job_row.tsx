/** A row of the list, and the parts that the page of a job shares with it. */
import type { OperatorVerb } from "@persistent-queue/queue";
import { MINUTE_MS } from "@persistent-queue/queue/basics";
import { age, dateAndTime, duration } from "../components/format.ts";
import { JobId, StatusBadge } from "../components/job_label.tsx";
import { titleInZone } from "../components/title_in_zone.ts";
import { shortWaitOf, tookMs, waitedMs, waitOf } from "./job_times.ts";
import { isWanted, jobPath, type ListQuery } from "./list_query.ts";
import type { Row } from "./views.ts";

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
      <Tick job={job} />
      <th role="rowheader" scope="row" class="cell-id">
        <div class={isBrief(job, now) ? "job-line is-brief" : "job-line"}>
          <a id={name} class="job-link" href={jobPath(job.id, query)} title={job.id}>
            <JobId id={job.id} />
          </a>
          <JobMore job={job} now={now} />
        </div>
      </th>
      <td role="cell" class="cell-kind" title={job.kind}>{job.kind}</td>
      <td role="cell" class="cell-status" data-label="Status">
        <StatusBadge status={job.status} />
      </td>
      <Retries retries={job.retries} />
      <Consumer id={job.consumer_id} />
      <Heartbeat job={job} now={now} />
      <td role="cell" class="cell-added nowrap number" data-label="Added">
        <time dateTime={isoTime(job.created_at)} {...titleInZone(dateAndTime(job.created_at))}>
          {age(now - job.created_at)}
        </time>
      </td>
      <Span name="Waited" ms={waitedMs(job, now)} />
      <Span name="Took" ms={tookMs(job, now)} />
      <td role="cell" class={job.actions.length === 0 ? "cell-actions none" : "cell-actions"}>
        <Actions job={job} describedBy={name} />
      </td>
    </tr>
  );
}

function Tick({ job: { id, actions, seq } }: { readonly job: Row }) {
  return (
    <td role="cell" class="cell-tick">
      <label class="tick">
        <input
          type="checkbox"
          name="id"
          value={id}
          form="ticked"
          aria-label={`Select ${id}`}
          data-tick={actions.join(" ")}
          data-seq={seq}
        />
      </label>
    </td>
  );
}

function Retries({ retries }: { readonly retries: number }) {
  return (
    <td role="cell" class={`cell-retries number${retries === 0 ? " zero" : ""}`} data-label="Retries">
      {retries}
    </td>
  );
}

function Consumer({ id }: { readonly id: string | null }) {
  return (
    <td role="cell" class={`cell-consumer${id === null ? " none" : ""}`} data-label="Consumer">
      <ConsumerName id={id} />
    </td>
  );
}

/** What a reader wants to know first: what is wrong, when it is due, otherwise the beginning of its payload. */
function JobMore({ job, now }: { readonly job: Row; readonly now: number }) {
  const { priority, error, preview } = job;
  return (
    <span class="job-more">
      {priority !== 0 && <span class="job-priority">{`prio ${priority}`}</span>}
      <StatusMore job={job} now={now} />
      {error !== null && <span class="job-error" title={error}>{error}</span>}
      {error === null && preview !== null && <span class="job-preview mono">{preview}</span>}
    </span>
  );
}

/** Adds what the status alone does not say. */
function StatusMore({ job, now }: { readonly job: Row; readonly now: number }) {
  if (job.isGone) return <span class="status-more status-alarm">Removed</span>;
  if (job.stalled) return <span class="status-more status-alarm">Stalled</span>;
  if (job.dismissed) return <span class="status-more">{`was ${job.canceled_from}`}</span>;
  const wait = waitOf(job, now);
  if (wait === null) return null;
  const look = job.no_handler ? "status-more status-alarm" : "status-more";
  return <span class={look} {...titleInZone(wait)}>{shortWaitOf(job, now)}</span>;
}

/** Whether there is nothing else to say, so that the line is free for a long id. */
function isBrief(job: Row, now: number): boolean {
  if (job.isGone || job.stalled || job.dismissed || job.priority !== 0) return false;
  return job.error === null && waitOf(job, now) === null;
}

function Heartbeat({ job: { last_heartbeat, status }, now }: { readonly job: Row; readonly now: number }) {
  const isHeard = last_heartbeat !== null && status === "PROCESSING";
  return (
    <td role="cell" class={`cell-heartbeat nowrap number${isHeard ? "" : " none"}`} data-label="Heartbeat">
      {isHeard ? age(now - last_heartbeat) : <span class="muted">–</span>}
    </td>
  );
}

function Span({ name, ms }: { readonly name: "Waited" | "Took"; readonly ms: number | null }) {
  const cell = `cell-${name.toLowerCase()} nowrap number`;
  return (
    <td role="cell" class={ms === null ? `${cell} none` : cell} data-label={name}>
      {ms === null ? <span class="muted">–</span> : shortDuration(ms)}
    </td>
  );
}

/** From ten minutes on without the seconds, which the column has no room for. */
function shortDuration(ms: number): string {
  return duration(ms < 10 * MINUTE_MS ? ms : ms - ms % MINUTE_MS);
}

/**
 * The buttons that are legal for this status. Each submits the state of the job for which it was shown: a job that has
 * changed meanwhile is not moved.
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
          data-verb={verb}
        >
          {BUTTONS[verb]}
        </button>
      ))}
    </span>
  );
}

type ActionsJob = Pick<Row, "id" | "actions" | "status" | "lease">;

/** Short enough for a column; in full in its title. */
export function ConsumerName({ id }: { readonly id: string | null }) {
  if (id === null) return <span class="muted">–</span>;
  return <span class="mono" title={id}>{id.slice(0, 8)}</span>;
}

/** For machine-readable times. The number itself, if a date cannot hold it. */
export function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
