/** Each attempt at a job: when, for how long, by whom, and all that is known of what went wrong. */
import { clock, count, dateAndTime, duration } from "../components/format.ts";
import { ConsumerName, isoTime } from "./job_row.tsx";
import type { AttemptView, JobView } from "./views.ts";

export function Attempts({ view }: { readonly view: JobView }) {
  const { attempts, earlierAttempts } = view;
  if (attempts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="attempts-title">
      <h2 id="attempts-title" class="panel-title">Attempts</h2>
      <ol class="story attempts">
        {attempts.map((attempt) => (
          <li
            key={`${attempt.number} ${attempt.started_at}`}
            class={`story-line story-${TONES[attempt.outcome]}`}
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
  /** Of the job: it stands whole above all attempts. */
  readonly lastError: string | null;
}

function OneAttempt({ attempt, lastError }: OneAttemptProps) {
  const { number, outcome, started_at, ended_at, ran_ms, consumer_id, error, detail, log } = attempt;
  return (
    <>
      <p class="story-title">{`Attempt ${count(number)} ${ENDS[outcome]}`}</p>
      <p class="small muted">
        {started_at !== null && <time dateTime={isoTime(started_at)}>{dateAndTime(started_at)}</time>}
        {started_at === null && ended_at !== null && <>ended {clock(ended_at)}</>}
        {ran_ms !== null && ` · ran ${duration(ran_ms)}`}
        {" · consumer "}
        <ConsumerName id={consumer_id} />
      </p>
      {error !== null && error === lastError && <p class="small">Its error is shown above.</p>}
      {error !== null && error !== lastError && <pre class="text story-detail" tabIndex={0}>{error}</pre>}
      {detail !== null && <Folded title="Stack and causes" text={detail} />}
      {log !== null && <Folded title="What its handler logged" text={log} />}
    </>
  );
}

function Folded({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <details>
      <summary class="small">{title}</summary>
      <pre class="text story-detail" tabIndex={0}>{text}</pre>
    </details>
  );
}
