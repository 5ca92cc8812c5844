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
import { historyJson } from "../api/serializers.ts";
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
      const when = { now: queue.now(), stallMs: queue.stallMs, kinds: await queue.kindsByNow() };
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
function asText({ job, history }: Found, when: { now: number; stallMs: number }): string {
  const facts = columns([
    ["Status", statusOf(job, isStalled(job, when))],
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
  const texts = [["Error", job.error], ["Result", job.result], [
    "Payload",
    job.payload === "null" ? null : job.payload,
  ]].flatMap((
    [name, text],
  ) => text ? [`${name}: ${printable(text)}`] : []);
  return [
    `Job ${printable(job.id)}`,
    facts,
    ...texts,
    "",
    historyText(history),
    ...attemptsAsText(attemptsOf({ job, history, now: when.now })),
  ]
    .join("\n");
}

/** The status, with what it alone does not say. */
export function statusOf(job: Job, stalled: boolean): string {
  if (stalled) return `${job.status} (stalled)`;
  return isDismissed(job) ? `${job.status} (was ${job.canceledFrom})` : job.status;
}

/** Without attempts recorded by an older version: the history above already says everything about them. */
function attemptsAsText(attempts: readonly Attempt[]): string[] {
  return attempts.filter(({ ranMs }) => ranMs !== null).map(attemptAsText);
}

/** A successful attempt takes one line; a failed one is printed with everything that helps to fix it. */
function attemptAsText({ number, outcome, startedAt, ranMs, consumerId, detail, log }: Attempt): string {
  const ran = ranMs === null ? [] : [`ran ${duration(ranMs)}`];
  const head = [
    `Attempt ${number} ${outcome}`,
    ...(startedAt === null ? [] : [`from ${moment(startedAt)}`]),
    ...ran,
    `consumer ${consumerId ?? "–"}`,
  ];
  return [
    `\n${printable(head.join(", "))}`,
    ...indented(detail),
    ...(log === null ? [] : ["  logged:"]),
    ...indented(log),
  ]
    .join("\n");
}

function indented(text: string | null): string[] {
  return text === null ? [] : text.split("\n").map((line) => `  ${printable(line)}`);
}

function historyText(history: readonly HistoryEntry[]): string {
  if (history.length === 0) return "Nothing out of the ordinary has happened to it.";
  return columns(history.map(({ at, event, retries, consumerId, detail }) => [
    moment(at),
    event,
    `retries ${retries}`,
    consumerId?.slice(0, 8) ?? "–",
    detail ?? "",
  ]));
}
