/** `jobs list`: a page of jobs, newest first. `jobs stats`: how many jobs are in each status. */
import {
  EXIT,
  type Job,
  type JobList,
  type ListRequest,
  MAX_PAGE_SIZE,
  PAGE_SIZE,
  type QueueStats,
  STATUSES,
} from "@persistent-queue/queue";
import { jobsJson, type Moment, momentOf } from "../api/serializers.ts";
import { columns, moment, span } from "./terminal.ts";
import { type Command, type CommandLine, UsageError } from "./command.ts";
import { wholeNumber } from "./command_line.ts";
import { FILTER_OPTIONS, filterOf } from "./filter.ts";
import { statusOf } from "./show.ts";

export const list: Command = {
  operands: "",
  summary: "list jobs, newest first",
  options: {
    ...FILTER_OPTIONS,
    limit: {
      type: "string",
      value: "<n>",
      help: `how many, 1 to ${MAX_PAGE_SIZE}; ${PAGE_SIZE} unless given`,
    },
    cursor: { type: "string", value: "<cursor>", help: "continue after the previous page" },
  },
  examples: ["list --status FAILED --limit 10", "list --search abc --json"],
  prepare({ line, io, json }) {
    const requestAt = requestOf(line);
    return Promise.resolve(async (queue) => {
      const page = await queue.list({ ...requestAt(queue.now()), values: json });
      const when = {
        ...momentOf({ queue, now: queue.now() }),
        kinds: await queue.kindsByNow(),
      };
      if (json) {
        io.print(await jobsJson(page.jobs, when, { next: page.next }));
      } else io.print(pageAsText(page, when));
      return EXIT.done;
    });
  },
};

function requestOf(line: CommandLine): (now: number) => ListRequest {
  if (line.operands.length > 0) {
    throw new UsageError("list takes no ids: see one job with show, or filter by --search.");
  }
  const limit = wholeNumber(line, "limit", { min: 1, max: MAX_PAGE_SIZE });
  const cursor = line.text("cursor");
  const filterAt = filterOf(line);
  return (now) => ({
    ...filterAt(now),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
  });
}

const HEADING = ["ID", "STATUS", "KIND", "RETRIES", "CONSUMER", "HEARTBEAT", "UPDATED"];

function pageAsText({ jobs, next }: JobList, when: Moment): string {
  const table = jobs.length === 0 ? "No jobs." : columns([HEADING, ...jobs.map((job) => row(job, when))]);
  return next === null ? table : `${table}\nThere may be more: --cursor ${next}`;
}

function row(job: Job, when: Moment): string[] {
  return [
    job.id,
    statusOf(job, when),
    job.kind,
    String(job.retries),
    job.consumerId?.slice(0, 8) ?? "–",
    job.lastHeartbeat === null ? "–" : `${span(when.now - job.lastHeartbeat)} ago`,
    moment(job.updatedAt),
  ];
}

export const stats: Command = {
  operands: "",
  summary: "count the jobs in each status",
  options: {},
  examples: ["stats", "stats --json"],
  prepare({ line, io, json }) {
    if (line.operands.length > 0) throw new UsageError("stats takes no ids.");
    return Promise.resolve(async (queue) => {
      const found = await queue.stats();
      // Only the running system knows the rates: this process has just started.
      if (json) {
        io.print(JSON.stringify({ counts: found.counts, stalled: found.stalled, age_ms: found.ageMs }));
      } else io.print(countsAsText(found));
      return EXIT.done;
    });
  },
};

function countsAsText({ counts, stalled, ageMs }: QueueStats): string {
  const width = Math.max(...STATUSES.map((status) => String(counts[status]).length));
  const table = columns(STATUSES.map((status) => [status, String(counts[status]).padStart(width)]));
  return [
    table,
    ...(stalled === 0 ? [] : [`Stalled, of those that are PROCESSING: ${stalled}.`]),
    ...(ageMs < 1000 ? [] : [`The longest wait is ${span(ageMs)}.`]),
  ].join("\n");
}
