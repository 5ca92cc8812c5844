import { age, dateAndTime, duration } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import { Attempts } from "./attempts.tsx";
import { Dock } from "./dock.tsx";
import { jobPath } from "./job_path.ts";
import { Actions, ConsumerName, isoTime } from "./job_row.tsx";
import { type StoryLine, storyOf } from "./job_story.ts";
import { describeQuery, isFiltered, listPath } from "./list_query.ts";
import { PageHead } from "./page_head.tsx";
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
          {isFiltered(from) ? `Back to all ${describeQuery(from)}` : "All jobs"}
        </a>
      </PageHead>
      <div class="job-head">
        <h1 id="job-id" class="clamped" title={job.id}>{job.id}</h1>
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
      {job.error !== null && (
        <section class="panel" aria-labelledby="error-title">
          <h2 id="error-title" class="panel-title">Last error</h2>
          <pre class="text error-text" tabIndex={0}>{job.error}</pre>
        </section>
      )}
      <div class="job-columns">
        <div class="stack">
          <Attempts view={view} />
          <Story lines={storyOf(view, now)} />
        </div>
        <div class="stack">
          <Facts job={job} now={now} />
          {view.payload !== null && <Value title="Payload" value={view.payload} id={job.id} />}
          {view.result !== null && <Value title="Result" value={view.result} id={job.id} />}
        </div>
      </div>
      <Dock view={view} live={live} back={here} />
    </div>
  );
}

function Story({ lines }: { readonly lines: readonly StoryLine[] }) {
  return (
    <section class="panel" aria-labelledby="story-title">
      <h2 id="story-title" class="panel-title">Timeline</h2>
      <ol class="story">
        {lines.map(({ at, title, detail, consumerId, tone, gapMs, isSameError }, index) => (
          <li key={tone === "now" ? "now" : index} class={`story-line story-${tone}`}>
            <p class="story-title">{title}</p>
            <p class="small muted">
              {tone === "now" ? "Now" : <When at={at} />}
              {gapMs !== null && ` · ${duration(gapMs)} later`}
              {isSameError && " · the same error"}
              {consumerId !== null && (
                <>
                  {" · consumer "}
                  <ConsumerName id={consumerId} />
                </>
              )}
            </p>
            {detail !== null && <pre class="text story-detail">{detail}</pre>}
          </li>
        ))}
      </ol>
    </section>
  );
}

function When({ at }: Pick<StoryLine, "at">) {
  if (at === null) return null;
  return <time dateTime={isoTime(at)}>{dateAndTime(at)}</time>;
}

/** An id longer than this is cut in the heading, and whole among the facts. */
const LONG_ID = 120;

function Facts({ job, now }: { readonly job: JobView["job"]; readonly now: number }) {
  const heartbeat = job.last_heartbeat === null ? "–" : age(now - job.last_heartbeat);
  const isDueLater = job.run_at > now && (job.status === "PENDING" || job.status === "PROCESSING");
  const facts = [
    ...(job.id.length > LONG_ID ? [["Id", job.id]] : []),
    ["Kind", job.kind],
    ["Retries", String(job.retries)],
    ["Crashes", String(job.crashes)],
    ["Priority", String(job.priority)],
    ["Consumer", job.consumer_id ?? "–"],
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
            <dd>{value}</dd>
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
          This is its beginning. <a href={`/api/jobs/${encodeURIComponent(id)}`}>The whole job as JSON</a>
        </p>
      )}
    </section>
  );
}
