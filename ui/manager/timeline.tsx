/** The timeline of a job, oldest first. */
import type { HistoryEvent } from "@persistent-queue/queue";
import type { JobView, WireHistory } from "./views.ts";
import { dateAndTime, duration } from "../components/format.ts";
import { LongText } from "../components/long_text.tsx";
import { ConsumerName, isoTime } from "./job_row.tsx";
import { waitOf } from "./job_times.ts";

interface TimelineEntry {
  /** Null: it was not stored. */
  readonly at: number | null;
  readonly title: string;
  /** An error or a message. */
  readonly detail: string | null;
  readonly consumerId: string | null;
  readonly tone: "plain" | "good" | "warning" | "danger" | "now";
  /** Since the previous line, in milliseconds; null for the first, and if a time is missing. */
  readonly gapMs: number | null;
  /** Its error is the same as the previous attempt's, and not repeated. */
  readonly isSameError?: boolean;
}

type Line = Omit<TimelineEntry, "gapMs">;

const EVENTS: Readonly<Record<HistoryEvent, readonly [title: string, tone: TimelineEntry["tone"]]>> = {
  retried: ["failed", "danger"],
  postponed: ["Postponed", "plain"],
  exhausted: ["failed: no retry is left", "danger"],
  failed: ["failed for good", "danger"],
  stalled: ["Stalled: its consumer fell silent", "warning"],
  crashed: ["Its consumer died", "warning"],
  released: ["Returned to the queue", "plain"],
  canceled: ["Canceled", "plain"],
  resubmitted: ["Resubmitted", "plain"],
  replaced: ["Added again, from the start", "plain"],
  folded: ["Many events", "plain"],
};

/** Heartbeats come every second: three missed ones are mentioned. */
const SILENT_MS = 3_000;

/** The endings that count as attempts. */
const ATTEMPTS: readonly string[] = ["retried", "exhausted", "failed"] satisfies HistoryEvent[];
/** Their detail says who did it, and is not an error. */
const MOVES: readonly string[] = ["canceled", "resubmitted", "replaced"] satisfies HistoryEvent[];

export function timelineOf(view: JobView, now: number): TimelineEntry[] {
  const { job, history } = view;
  const lines = [plain(job.created_at, "Added"), ...pastOf(job, history)];
  if (job.status === "COMPLETED") {
    const at = job.finished_at ?? job.updated_at;
    lines.push({ ...plain(at, "Completed"), consumerId: job.consumer_id, tone: "good" });
  }
  lines.push(...givenUp(job, history), ...stateNow(job, view.now, now));
  return lines.map((line, index) => ({ ...line, gapMs: gap(lines[index - 1], line) }));
}

function gap(before: Line | undefined, line: Line): number | null {
  if (before === undefined || before.at === null || line.at === null || line.tone === "now") return null;
  return Math.max(0, line.at - before.at);
}

/** At the crash limit the last line describes only the crash, so this adds that the job was given up. */
function givenUp(job: JobView["job"], history: readonly WireHistory[]): Line[] {
  const last = history.at(-1);
  if (job.status !== "UNPROCESSABLE" || (last?.event !== "crashed" && last?.event !== "stalled")) return [];
  const consumers = job.crashes === 1 ? "a consumer" : `${job.crashes} consumers`;
  return [{ ...plain(last.at, `Given up: it took down ${consumers}`), tone: "danger" }];
}

/** Each lease begins with a claim. */
function pastOf(job: JobView["job"], history: readonly WireHistory[]): Line[] {
  const lines: Line[] = [];
  let lease = 0;
  let lastError: string | null = null;
  for (const entry of history) {
    if (entry.lease > lease && entry.consumer_id !== null) {
      lines.push(taken(entry.taken_at, entry.consumer_id));
    }
    lease = Math.max(lease, entry.lease);
    const error = MOVES.includes(entry.event) ? null : entry.detail;
    const isSameError = error !== null && error === lastError;
    lines.push({ ...lineOf(entry), ...(isSameError ? { detail: null, isSameError } : {}) });
    lastError = error ?? lastError;
  }
  if (job.lease > lease && job.started_at !== null) lines.push(taken(job.started_at, job.consumer_id));
  return lines;
}

function lineOf({ at, event, detail, consumer_id, retries }: WireHistory): Line {
  // An edit by hand may leave any text.
  const [title, tone] = Object.hasOwn(EVENTS, event) ? EVENTS[event] : [event, "plain"] as const;
  // The same number as under Attempts.
  const attempt = event === "retried" ? retries : retries + 1;
  return {
    at,
    title: ATTEMPTS.includes(event) ? `Attempt ${attempt} ${title}` : title,
    tone,
    detail,
    consumerId: consumer_id,
  };
}

function taken(at: number | null, consumerId: string | null): Line {
  return { at, title: "Taken by a consumer", detail: null, consumerId, tone: "plain" };
}

function plain(at: number, title: string): Line {
  return { at, title, detail: null, consumerId: null, tone: "plain" };
}

/** What it waits for, or that it is running; nothing once it has ended. `knownAt`: the time of the server's view. */
function stateNow(job: JobView["job"], knownAt: number, now: number): Line[] {
  const line = (title: string): Line[] => [{ ...plain(now, title), tone: "now" }];
  const wait = waitOf(job, now);
  if (job.stalled) return line("Stalled: its consumer is silent, and the sweep will take it back");
  if (job.status === "PENDING") return line(wait === null ? "Waiting for a free consumer" : capital(wait));
  if (job.status !== "PROCESSING") return [];
  if (wait !== null) return line(capital(wait));
  const silentMs = knownAt - (job.last_heartbeat ?? knownAt);
  return line(silentMs > SILENT_MS ? `No heartbeat for ${duration(silentMs)}` : "Running");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface TimelineProps {
  readonly lines: readonly TimelineEntry[];
  /** Details that the page already shows, which are not repeated here. */
  readonly shownAbove: ReadonlySet<string | null>;
  /** What the job does now is not known: the last line says what it did when the server answered last. */
  readonly isStale: boolean;
}

export function Timeline({ lines, shownAbove, isStale }: TimelineProps) {
  return (
    <section class="panel" aria-labelledby="timeline-title">
      <h2 id="timeline-title" class="panel-title">Timeline</h2>
      <ol class="timeline">
        {lines.map(({ at, title, detail, consumerId, tone, gapMs, isSameError }, index) => (
          <li key={tone === "now" ? "now" : index} class={`timeline-line timeline-${tone}`}>
            <p class="timeline-title">{title}</p>
            <p class="small muted dotted">
              {tone === "now" && <span>{isStale ? "As last known" : "Now"}</span>}
              {at !== null && tone !== "now" && <time dateTime={isoTime(at)}>{dateAndTime(at)}</time>}
              {gapMs !== null && <span>{duration(gapMs)} later</span>}
              {isSameError && <span>the same error</span>}
              {consumerId !== null && (
                <span>
                  consumer <ConsumerName id={consumerId} />
                </span>
              )}
            </p>
            {detail !== null && tone === "plain" && <p class="small">{detail}</p>}
            {detail !== null && tone !== "plain" && !shownAbove.has(detail) && (
              <LongText text={detail} look="timeline-detail" />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
