/** The life of a job as lines to read, oldest first. */
import type { HistoryEvent } from "@persistent-queue/queue";
import { duration } from "../components/format.ts";
import type { JobView } from "./views.ts";

export interface StoryLine {
  readonly at: number;
  readonly title: string;
  /** An error or a sentence. */
  readonly detail: string | null;
  readonly consumerId: string | null;
  readonly tone: "plain" | "good" | "warning" | "danger" | "now";
  /** Since the line before, in milliseconds; null for the first. */
  readonly gapMs: number | null;
}

type Line = Omit<StoryLine, "gapMs">;

const EVENTS: Record<HistoryEvent, readonly [title: string, tone: StoryLine["tone"]]> = {
  retried: ["Attempt failed", "warning"],
  postponed: ["Put off by its handler", "plain"],
  exhausted: ["Gave up: nothing left to try", "danger"],
  failed: ["Failed for good", "danger"],
  stalled: ["Its consumer fell silent", "warning"],
  crashed: ["Its consumer died", "warning"],
  released: ["Handed back", "plain"],
  canceled: ["Canceled", "plain"],
  resubmitted: ["Resubmitted", "plain"],
  replaced: ["Added again, from the start", "plain"],
};

export function storyOf({ job, history }: JobView, now: number): StoryLine[] {
  const lines: Line[] = [
    plain(job.created_at, "Added"),
    ...history.map(({ at, event, detail, consumer_id, retries }): Line => {
      const [title, tone] = EVENTS[event];
      return {
        at,
        title: event === "retried" ? `Attempt ${retries} failed` : title,
        tone,
        detail,
        consumerId: consumer_id,
      };
    }),
  ];
  const since = lines.at(-1)?.at ?? 0;
  if (job.started_at !== null && job.status === "PROCESSING" && job.started_at >= since) {
    lines.push({ ...plain(job.started_at, "Taken by a consumer"), consumerId: job.consumer_id });
  }
  if (job.status === "COMPLETED" && job.finished_at !== null) lines.push(...ending(job, since));
  lines.push(...stateNow(job, now));
  return lines.map((line, index) => {
    const before = lines[index - 1];
    return { ...line, gapMs: before === undefined ? null : Math.max(0, line.at - before.at) };
  });
}

function plain(at: number, title: string): Line {
  return { at, title, detail: null, consumerId: null, tone: "plain" };
}

function ending(job: JobView["job"], since: number): Line[] {
  const started = job.started_at !== null && job.started_at >= since
    ? [{ ...plain(job.started_at, "Taken by a consumer"), consumerId: job.consumer_id }]
    : [];
  return [...started, {
    ...plain(job.finished_at ?? job.updated_at, "Completed"),
    consumerId: job.consumer_id,
    tone: "good",
  }];
}

/** What it waits for, or that it is at work; nothing once it rests. */
function stateNow(job: JobView["job"], now: number): Line[] {
  const waitMs = job.run_at - now;
  const line = (title: string): Line[] => [{ ...plain(now, title), tone: "now" }];
  if (job.status === "PENDING") {
    return line(waitMs > 0 ? `Due in ${duration(waitMs)}` : "Waiting for a free consumer");
  }
  if (job.status !== "PROCESSING") return [];
  if (job.stalled) return line("Stalled: its consumer is silent, and the sweep will take it back");
  return line(waitMs > 0 && job.retries > 0 ? `Next attempt in ${duration(waitMs)}` : "Being worked on");
}
