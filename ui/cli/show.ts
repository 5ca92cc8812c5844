/** `jobs show`: one job with its history. */
import {
  type Attempt,
  attemptsOf,
  EXIT,
  type HistoryEntry,
  isDismissed,
  isStalled,
  type Job,
  printable,
} from "@persistent-queue/queue";
import { duration } from "../components/format.ts";
import { hasNoHandler, historyJson, type Moment, momentOf } from "../api/serializers.ts";
import { columns, moment } from "./terminal.ts";
import { type Command, UsageError } from "./command.ts";

export const show: Command = {
  operands: "<id>",
  summary: "show one job and what happened to it",
  options: {},
  examples: ["show data/files/abc.txt", "show data/files/abc.txt --json"],
  prepare({ line, io, json }) {
    const [id] = line.operands;
    if (id === undefined || line.operands.length > 1) throw new UsageError("show takes one id.");
    return Promise.resolve(async (queue) => {
      const found = await queue.get(id);
      const when = {
        ...momentOf({ queue, now: queue.now() }),
        kinds: await queue.kindsByNow(),
      };
      io.print(json ? historyJson(found, when) : asText(found, when));
      return EXIT.done;
    });
  },
};

interface Found {
  readonly job: Job;
  readonly history: readonly HistoryEntry[];
}

/** Texts of any length are printed in full below the columns. */
function asText({ job, history }: Found, when: Moment): string {
  const attempts = attemptsOf({ job, history, now: when.now }).filter(isRecorded);
  const facts = columns([
    ["Status", statusOf(job, when)],
    ["Kind", job.kind],
    ["Priority", String(job.priority)],
    ["Retries", String(job.retries)],
    ["Crashes", String(job.crashes)],
    ["Consumer", job.consumerId ?? "–"],
    ["Heartbeat", moment(job.lastHeartbeat)],
    ["Created", moment(job.createdAt)],
    ["Due", moment(job.runAt)],
    ["Started", moment(job.startedAt)],
    ["Finished", moment(job.finishedAt)],
    ["Updated", moment(job.updatedAt)],
  ]);
  const texts = [["Result", job.result], ["Payload", job.payload === "null" ? null : job.payload]]
    .flatMap(([name, text]) => text ? [`${name}: ${printable(text)}`] : []);
  return [
    `Job ${printable(job.id)}`,
    facts,
    ...errorText(job.error, attempts),
    ...texts,
    "",
    historyText(history),
    ...attempts.map(attemptAsText),
  ]
    .join("\n");
}

/** The status, with what it alone does not say. */
export function statusOf(job: Job, when: Moment): string {
  if (isStalled(job, when)) return `${job.status} (stalled)`;
  if (hasNoHandler(job, when)) return `${job.status} (no handler)`;
  return isDismissed(job) ? `${job.status} (was ${job.canceledFrom})` : job.status;
}

/** Its first line if the attempt below has the others: the place in the handler, or more. */
function errorText(error: string | null, attempts: readonly Attempt[]): string[] {
  if (!error) return [];
  const [first, ...others] = error.split("\n");
  const isShownBelow = attempts.some((attempt) => attempt.error === error);
  return [`Error: ${printable(first ?? "")}`, ...(isShownBelow ? [] : indented(others.join("\n")))];
}

/** An older version recorded only what the history says. */
function isRecorded({ ranMs }: Attempt): boolean {
  return ranMs !== null;
}

/** A successful attempt takes one line; a failed one is printed with everything that helps to fix it. */
function attemptAsText(
  { number, outcome, startedAt, ranMs, consumerId, error, detail, log }: Attempt,
): string {
  const ran = ranMs === null ? [] : [`ran ${duration(ranMs)}`];
  const head = [
    `Attempt ${number} ${outcome}`,
    ...(startedAt === null ? [] : [`from ${moment(startedAt)}`]),
    ...ran,
    `consumer ${consumerId ?? "–"}`,
  ];
  return [
    `\n${printable(head.join(", "))}`,
    ...indented(detail ?? linesOf(error)),
    ...(log === null ? [] : ["  logged:"]),
    ...indented(log),
  ]
    .join("\n");
}

/** The history shows only the first line. */
function linesOf(error: string | null): string | null {
  return error?.includes("\n") ? error : null;
}

function indented(text: string | null): string[] {
  return text === null || text === "" ? [] : text.split("\n").map((line) => `  ${printable(line)}`);
}

function historyText(history: readonly HistoryEntry[]): string {
  if (history.length === 0) return "No failed or interrupted attempts, and no moves by hand.";
  return columns(history.map(({ at, event, retries, consumerId, detail }) => [
    moment(at),
    event,
    `retries ${retries}`,
    consumerId?.slice(0, 8) ?? "–",
    detail?.split("\n")[0] ?? "",
  ]));
}
