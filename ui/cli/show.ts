/** `jobs show`: one job with its story. */
import { type HistoryEntry, isStalled, type Job, printable } from "@persistent-queue/queue";
import { historyOnWire, jobJson } from "../wire.ts";
import { columns } from "./columns.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { moment } from "./moment.ts";

export const show: Command = {
  words: "<id>",
  summary: "show one job and what happened to it",
  options: {},
  examples: ["show data/files/abc.txt", "show data/files/abc.txt --json"],
  prepare({ line, io, json }) {
    const [id] = line.words;
    if (id === undefined || line.words.length > 1) throw new UsageError("show takes one id.");
    return Promise.resolve(async (queue) => {
      const { job, history } = await queue.get(id);
      const when = { now: io.now(), stallMs: queue.stallMs };
      if (json) io.print(jobJson(job, when, { history: history.map(historyOnWire) }));
      else io.print(asText(job, history, isStalled(job, when)));
      return EXIT.done;
    });
  },
};

/** Texts of any length stand below the columns, whole. */
function asText(job: Job, history: readonly HistoryEntry[], stalled: boolean): string {
  const facts = columns([
    ["Status", stalled ? `${job.status} (stalled)` : job.status],
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
  return [`Job ${printable(job.id)}`, facts, ...texts, "", storyOf(history)].join("\n");
}

function storyOf(history: readonly HistoryEntry[]): string {
  if (history.length === 0) return "Nothing out of the ordinary has happened to it.";
  return columns(history.map(({ at, event, retries, consumerId, detail }) => [
    moment(at),
    event,
    `retries ${retries}`,
    consumerId?.slice(0, 8) ?? "–",
    detail ?? "",
  ]));
}
