import { age, dateAndTime, duration } from "../components/format.ts";
import { StatusBadge } from "../components/status_badge.tsx";
import { Actions, ConsumerName, isoTime, jobPath } from "./job_row.tsx";
import { type StoryLine, storyOf } from "./job_story.ts";
import { Notices } from "./notices.tsx";
import type { JobView, Liveness, ValueView } from "./views.ts";

export interface JobPageProps {
  readonly view: JobView;
  readonly live: Liveness;
}

export function JobPage({ view, live }: JobPageProps) {
  const { job } = view;
  return (
    <div class="job-page stack">
      <p class="small">
        <a href="/">All jobs</a>
      </p>
      <Notices view={view} live={live} />
      <div class="job-head">
        <h1 id="job-id">{job.id}</h1>
        <div class="row">
          <StatusBadge status={job.status} />
          {job.stalled && <span class="badge badge-stalled">Stalled</span>}
          <Actions job={job} describedBy="job-id" />
        </div>
      </div>
      <form id="one" method="post">
        <input type="hidden" name="back" value={jobPath(job.id)} />
      </form>
      {job.error !== null && (
        <section class="panel" aria-labelledby="error-title">
          <h2 id="error-title" class="panel-title">Last error</h2>
          <pre class="text error-text" tabIndex={0}>{job.error}</pre>
        </section>
      )}
      <div class="job-columns">
        <Story lines={storyOf(view, live.now)} />
        <div class="stack">
          <Facts view={view} live={live} />
          <Value title="Payload" value={view.payload} id={job.id} />
          {view.result !== null && <Value title="Result" value={view.result} id={job.id} />}
        </div>
      </div>
    </div>
  );
}

function Story({ lines }: { readonly lines: readonly StoryLine[] }) {
  return (
    <section class="panel" aria-labelledby="story-title">
      <h2 id="story-title" class="panel-title">Timeline</h2>
      <ol class="story">
        {lines.map(({ at, title, detail, consumerId, tone, gapMs }, index) => (
          <li key={tone === "now" ? "now" : index} class={`story-line story-${tone}`}>
            <p class="story-title">{title}</p>
            <p class="small muted">
              {tone === "now" ? "Now" : <time dateTime={isoTime(at)}>{dateAndTime(at)}</time>}
              {gapMs !== null && ` · ${duration(gapMs)} later`}
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

function Facts({ view: { job }, live }: JobPageProps) {
  const heartbeat = job.last_heartbeat === null ? "–" : age(live.now - job.last_heartbeat);
  const facts = [
    ["Kind", job.kind],
    ["Retries", String(job.retries)],
    ["Crashes", String(job.crashes)],
    ["Priority", String(job.priority)],
    ["Consumer", job.consumer_id ?? "–"],
    ["Heartbeat", job.status === "PROCESSING" ? heartbeat : "–"],
    ["Lease", String(job.lease)],
    ["Added", dateAndTime(job.created_at)],
    ["Started", job.started_at === null ? "–" : dateAndTime(job.started_at)],
    ["Finished", job.finished_at === null ? "–" : dateAndTime(job.finished_at)],
    ["Updated", age(live.now - job.updated_at)],
  ] as const;
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
