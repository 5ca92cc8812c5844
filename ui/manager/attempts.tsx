/** The attempts at a job, oldest first: when, for how long, by which consumer, and everything known about their errors. */
import { count, dateAndTime, duration } from "../components/format.ts";
import { LongText } from "../components/long_text.tsx";
import { ConsumerName, isoTime } from "./job_row.tsx";
import type { AttemptView, JobView, WireHistory } from "./views.ts";

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
  released: "was stopped, and returned to the queue",
};

export function Attempts({ view }: { readonly view: JobView }) {
  const { attempts, earlierAttempts, job } = view;
  if (attempts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="attempts-title">
      <h2 id="attempts-title" class="panel-title">Attempts</h2>
      {earlierAttempts > 0 && (
        <p class="panel-body small muted">
          {count(earlierAttempts)} earlier:{" "}
          <a href={`/api/jobs/${encodeURIComponent(job.id)}`}>the whole job as JSON</a>
        </p>
      )}
      <ol class="timeline attempts">
        {withRestarts(view).map((line) =>
          "restart" in line ? <Restart key={`restart ${line.restart.at}`} restart={line.restart} /> : (
            <li
              key={`${line.attempt.number} ${timeOf(line.attempt)}`}
              class={`timeline-line timeline-${TONES[line.attempt.outcome]}`}
            >
              <OneAttempt attempt={line.attempt} isRepeated={line.isRepeated} lastError={job.error} />
            </li>
          )
        )}
      </ol>
    </section>
  );
}

type Line = { readonly restart: WireHistory } | {
  readonly attempt: AttemptView;
  /** The attempt before it has the same number, because its handler did not come to an end. */
  readonly isRepeated: boolean;
};

const RESTARTS: Readonly<Partial<Record<WireHistory["event"], string>>> = {
  resubmitted: "Resubmitted",
  replaced: "Added again",
};

/** What restarted the job is a line of its own: the attempts after it may be numbered from the start. */
export function withRestarts({ attempts, history }: Pick<JobView, "attempts" | "history">): Line[] {
  const beginning = attempts[0] === undefined ? 0 : timeOf(attempts[0]);
  const waiting = history.filter(({ event, at }) => RESTARTS[event] !== undefined && at > beginning);
  const lines: Line[] = [];
  let lastNumber: number | null = null;
  for (const attempt of attempts) {
    for (; waiting[0] !== undefined && waiting[0].at <= timeOf(attempt); lastNumber = null) {
      lines.push({ restart: waiting[0] });
      waiting.shift();
    }
    lines.push({ attempt, isRepeated: attempt.number === lastNumber });
    lastNumber = attempt.number;
  }
  return [...lines, ...waiting.map((restart) => ({ restart }))];
}

function timeOf({ started_at, ended_at }: AttemptView): number {
  return started_at ?? ended_at ?? 0;
}

function Restart({ restart: { event, at } }: { readonly restart: WireHistory }) {
  return (
    <li class="timeline-break small">
      {RESTARTS[event]} <time class="muted" dateTime={isoTime(at)}>{dateAndTime(at)}</time>
    </li>
  );
}

interface OneAttemptProps {
  readonly attempt: AttemptView;
  readonly isRepeated: boolean;
  /** The job's error: it is shown in full above the attempts. */
  readonly lastError: string | null;
}

function OneAttempt({ attempt, isRepeated, lastError }: OneAttemptProps) {
  const { number, outcome, started_at, ended_at, ran_ms, consumer_id, error, detail, log } = attempt;
  const isShownAbove = error !== null && error === lastError;
  return (
    <>
      <p class="timeline-title">
        {`Attempt ${count(number)} ${isRepeated ? "(again) " : ""}${ENDS[outcome]}`}
      </p>
      <p class="small muted dotted">
        {started_at !== null && <time dateTime={isoTime(started_at)}>{dateAndTime(started_at)}</time>}
        {started_at === null && ended_at !== null && <span>ended {dateAndTime(ended_at)}</span>}
        {ran_ms !== null && <span>ran {duration(ran_ms)}</span>}
        {isShownAbove && <span>the error above</span>}
        <span>
          consumer <ConsumerName id={consumer_id} />
        </span>
      </p>
      {error !== null && !isShownAbove && <LongText text={error} look="timeline-detail" />}
      {detail !== null && <Folded title="Stack and causes" text={detail} />}
      {log !== null && <Folded title="What its handler logged" text={log} />}
    </>
  );
}

function Folded({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <details>
      <summary class="small">{title}</summary>
      <LongText text={text} look="timeline-detail" />
    </details>
  );
}
