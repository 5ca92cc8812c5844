/** The page of one job: its state, its attempts, its timeline, its facts and values. */
import { printable } from "@persistent-queue/queue/basics";
import { age, dateAndTime, duration } from "../components/format.ts";
import { StatusBadge } from "../components/job_label.tsx";
import { CopyButton, LongText } from "../components/long_text.tsx";
import { Term } from "../components/term.tsx";
import { Attempts } from "./attempts.tsx";
import { Dock, PageHead } from "./page_frame.tsx";
import { Actions } from "./job_row.tsx";
import { MEANINGS, tookMs, waitedMs } from "./job_times.ts";
import { Timeline, timelineOf } from "./timeline.tsx";
import { describeQuery, isFiltered, jobPath, listPath } from "./list_query.ts";
import type { JobView, Liveness, ValueView } from "./views.ts";

export interface JobPageProps {
  readonly view: JobView;
  readonly live: Liveness;
}

export function JobPage({ view, live }: JobPageProps) {
  const { job, from, isGone = false } = view;
  const here = jobPath(job.id, from);
  const now = isGone ? view.now : live.now;
  return (
    <div class="job-page stack">
      <PageHead view={view} live={live}>
        <a class="way-back small" href={listPath(from)}>
          {isFiltered(from) ? `Back to all ${describeQuery(from)}` : "Back to jobs"}
        </a>
      </PageHead>
      <div class="job-head">
        <h1 id="job-id" class="clamped" title={job.id}>
          <bdi>{printable(job.id)}</bdi>
        </h1>
        <div class="row">
          <StatusBadge status={job.status} />
          {isGone && <span class="badge badge-stalled">Removed: this was its last state</span>}
          {job.dismissed && <span class="badge">{`Dismissed: it was ${job.canceled_from}`}</span>}
          {job.stalled && !isGone && <span class="badge badge-stalled">Stalled</span>}
          <Actions job={job} describedBy="job-id" />
          <CopyButton what="id" isNamed from={{ text: job.id }} />
        </div>
      </div>
      <form id="one" method="post">
        <input type="hidden" name="back" value={here} />
      </form>
      <LastError job={job} />
      <div class="job-columns">
        <div class="stack">
          <Attempts view={view} />
          <Timeline
            lines={timelineOf(view, now)}
            shownAbove={shownElsewhere(view)}
            isStale={live.staleMs !== null}
          />
        </div>
        <div class="stack">
          <Facts view={view} now={now} />
          {view.payload !== null && <Value title="Payload" value={view.payload} id={job.id} />}
          {view.result !== null && <Value title="Result" value={view.result} id={job.id} />}
          {view.result === null && job.status === "COMPLETED" && <NoResult consumerId={job.consumer_id} />}
        </div>
      </div>
      <Dock view={view} live={live} back={here} />
    </div>
  );
}

/** While another attempt is running or pending, the error is only that of the last attempt. */
function LastError({ job: { error, status } }: Pick<JobView, "job">) {
  if (error === null) return null;
  const isOver = status !== "PENDING" && status !== "PROCESSING";
  return (
    <section class="panel" aria-labelledby="error-title">
      <div class="panel-title">
        <h2 id="error-title">{isOver ? "Last error" : "Error of the last attempt"}</h2>
        <CopyButton what="the error" from={{ id: "error-text" }} />
      </div>
      <LongText text={error} id="error-text" {...(isOver ? { look: "error-text" } : {})} />
    </section>
  );
}

/** Errors that the page shows elsewhere: a long one is not repeated. */
function shownElsewhere({ job, attempts }: JobView): ReadonlySet<string | null> {
  return new Set([job.error, ...attempts.map(({ error }) => error)]);
}

/** An id longer than this is shortened in the heading, and shown in full under Details. */
const LONG_ID = 120;

function Facts(
  { view: { job, host }, now }: { readonly view: Pick<JobView, "job" | "host">; readonly now: number },
) {
  const heartbeat = job.last_heartbeat === null ? "–" : age(now - job.last_heartbeat);
  const isDueLater = job.run_at > now && (job.status === "PENDING" || job.status === "PROCESSING");
  const facts: (readonly [name: string, value: string, meaning?: string])[] = [
    ...(job.id.length > LONG_ID ? [["Id", printable(job.id)] as const] : []),
    ["Kind", job.kind],
    ["Retries", String(job.retries)],
    ["Crashes", String(job.crashes)],
    ["Priority", String(job.priority)],
    ["Consumer", job.consumer_id ?? "–"],
    ...(host === null ? [] : [["Host", host] as const]),
    ["Heartbeat", job.status === "PROCESSING" ? heartbeat : "–"],
    ["Lease", String(job.lease)],
    ["Added", dateAndTime(job.created_at)],
    ...(isDueLater ? [["Due", dateAndTime(job.run_at)] as const] : []),
    ["Started", job.started_at === null ? "–" : dateAndTime(job.started_at)],
    ["Finished", job.finished_at === null ? "–" : dateAndTime(job.finished_at)],
    ["Waited", span(waitedMs(job, now)), MEANINGS.Waited],
    ["Took", span(tookMs(job, now)), MEANINGS.Took],
    ["Updated", dateAndTime(job.updated_at)],
  ];
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title" class="panel-title">Details</h2>
      <dl class="facts">
        {facts.map(([name, value, meaning]) => (
          <div key={name}>
            <Term name={name} why={meaning} />
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function span(ms: number | null): string {
  return ms === null ? "–" : duration(ms);
}

function Value(
  { title, value, id }: { readonly title: string; readonly value: ValueView; readonly id: string },
) {
  const name = `${title.toLowerCase()}-title`;
  const textId = `${title.toLowerCase()}-text`;
  return (
    <section class="panel" aria-labelledby={name}>
      <div class="panel-title">
        <h2 id={name}>{title}</h2>
        {!value.isCut && <CopyButton what={`the ${title.toLowerCase()}`} from={{ id: textId }} />}
      </div>
      <LongText text={value.text} id={textId} />
      {value.isCut && (
        <p class="panel-body small">
          Only the beginning is shown.{" "}
          <a href={`/api/jobs/${encodeURIComponent(id)}`}>The whole job as JSON</a>
        </p>
      )}
    </section>
  );
}

/** The store has no trace of a result that was not kept: only the log of the consumer tells. */
function NoResult({ consumerId }: { readonly consumerId: string | null }) {
  return (
    <section class="panel" aria-labelledby="result-title">
      <h2 id="result-title" class="panel-title">Result</h2>
      <p class="panel-body small muted">
        None is stored. A result that is larger than 1 MiB, or that JSON cannot hold, is dropped
        {consumerId !== null && (
          <>
            : then <code>{`consumer_${consumerId}.log`}</code> says so
          </>
        )}.
      </p>
    </section>
  );
}
