/** The page of one job: its state, its attempts, its timeline, its facts and values. */
import { printable } from "@persistent-queue/queue/basics";
import { age, clock, count, dateAndTime, duration } from "../components/format.ts";
import { StatusBadge } from "../components/job_label.tsx";
import { Dock, PageHead } from "./page_frame.tsx";
import { Actions, ConsumerName, isoTime } from "./job_row.tsx";
import { Timeline, timelineOf } from "./timeline.tsx";
import { describeQuery, isFiltered, jobPath, listPath } from "./list_query.ts";
import type { AttemptView, JobView, Liveness, ValueView } from "./views.ts";

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
        </div>
      </div>
      <form id="one" method="post">
        <input type="hidden" name="back" value={here} />
      </form>
      {job.error !== null && <LastError job={job} />}
      <div class="job-columns">
        <div class="stack">
          <Attempts view={view} />
          <Timeline lines={timelineOf(view, now)} shownAbove={shownElsewhere(view)} />
        </div>
        <div class="stack">
          <Facts view={view} now={now} />
          {view.payload !== null && <Value title="Payload" value={view.payload} id={job.id} />}
          {view.result !== null && <Value title="Result" value={view.result} id={job.id} />}
        </div>
      </div>
      <Dock view={view} live={live} back={here} />
    </div>
  );
}

/** While another attempt is running or pending, the error is only that of the last attempt. */
function LastError({ job: { error, status } }: Pick<JobView, "job">) {
  const isOver = status !== "PENDING" && status !== "PROCESSING";
  return (
    <section class="panel" aria-labelledby="error-title">
      <h2 id="error-title" class="panel-title">{isOver ? "Last error" : "Error of the last attempt"}</h2>
      <pre class={isOver ? "text error-text" : "text"} tabIndex={0}>{error}</pre>
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
  const facts = [
    ...(job.id.length > LONG_ID ? [["Id", printable(job.id)]] : []),
    ["Kind", job.kind],
    ["Retries", String(job.retries)],
    ["Crashes", String(job.crashes)],
    ["Priority", String(job.priority)],
    ["Consumer", job.consumer_id ?? "–"],
    ...(host === null ? [] : [["Host", host]]),
    ["Heartbeat", job.status === "PROCESSING" ? heartbeat : "–"],
    ["Lease", String(job.lease)],
    ["Added", dateAndTime(job.created_at)],
    ...(isDueLater ? [["Due", dateAndTime(job.run_at)]] : []),
    ["Started", job.started_at === null ? "–" : dateAndTime(job.started_at)],
    ["Finished", job.finished_at === null ? "–" : dateAndTime(job.finished_at)],
    ["Updated", dateAndTime(job.updated_at)],
  ];
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title" class="panel-title">Details</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd {...(name === "Id" ? { tabIndex: 0 } : {})}>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Value(
  { title, value, id }: { readonly title: string; readonly value: ValueView; readonly id: string },
) {
  const name = `${title.toLowerCase()}-title`;
  return (
    <section class="panel" aria-labelledby={name}>
      <h2 id={name} class="panel-title">{title}</h2>
      <pre class="text" tabIndex={0}>{value.text}</pre>
      {value.isCut && (
        <p class="panel-body small">
          Only the beginning is shown.{" "}
          <a href={`/api/jobs/${encodeURIComponent(id)}`}>The whole job as JSON</a>
        </p>
      )}
    </section>
  );
}

/** Each attempt: when, for how long, by which consumer, and everything known about its error. */
function Attempts({ view }: { readonly view: JobView }) {
  const { attempts, earlierAttempts } = view;
  if (attempts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="attempts-title">
      <h2 id="attempts-title" class="panel-title">Attempts</h2>
      <ol class="timeline attempts">
        {attempts.map((attempt) => (
          <li
            key={`${attempt.number} ${attempt.started_at}`}
            class={`timeline-line timeline-${TONES[attempt.outcome]}`}
          >
            <OneAttempt attempt={attempt} lastError={view.job.error} />
          </li>
        ))}
      </ol>
      {earlierAttempts > 0 && (
        <p class="panel-body small muted">
          {count(earlierAttempts)} earlier:{" "}
          <a href={`/api/jobs/${encodeURIComponent(view.job.id)}`}>the whole job as JSON</a>
        </p>
      )}
    </section>
  );
}

const TONES: Readonly<Record<AttemptView["outcome"], string>> = {
  running: "now",
  completed: "good",
  failed: "danger",
  postponed: "plain",
  stalled: "warning",
  crashed: "warning",
  released: "plain",
};

const ENDS: Readonly<Record<AttemptView["outcome"], string>> = {
  running: "is running",
  completed: "completed",
  failed: "failed",
  postponed: "was postponed by its handler",
  stalled: "was lost: its consumer fell silent",
  crashed: "was lost: its consumer died",
  released: "was stopped and requeued",
};

interface OneAttemptProps {
  readonly attempt: AttemptView;
  /** The job's error: it is shown in full above the attempts. */
  readonly lastError: string | null;
}

function OneAttempt({ attempt, lastError }: OneAttemptProps) {
  const { number, outcome, started_at, ended_at, ran_ms, consumer_id, error, detail, log } = attempt;
  return (
    <>
      <p class="timeline-title">{`Attempt ${count(number)} ${ENDS[outcome]}`}</p>
      <p class="small muted">
        {started_at !== null && <time dateTime={isoTime(started_at)}>{dateAndTime(started_at)}</time>}
        {started_at === null && ended_at !== null && <>ended {clock(ended_at)}</>}
        {ran_ms !== null && ` · ran ${duration(ran_ms)}`}
        {" · consumer "}
        <ConsumerName id={consumer_id} />
      </p>
      {error !== null && error === lastError && <p class="small">Its error is shown above.</p>}
      {error !== null && error !== lastError && <pre class="text timeline-detail" tabIndex={0}>{error}</pre>}
      {detail !== null && <Folded title="Stack and causes" text={detail} />}
      {log !== null && <Folded title="What its handler logged" text={log} />}
    </>
  );
}

function Folded({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <details>
      <summary class="small">{title}</summary>
      <pre class="text timeline-detail" tabIndex={0}>{text}</pre>
    </details>
  );
}
